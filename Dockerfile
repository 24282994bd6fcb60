# Two stages: one with a compiler, one with Node and the package alone.
#
#   docker build -t pagecast .
#   docker run --read-only -p 8080:8080 -v ./dist:/srv:ro pagecast
#
# Files that pagecast should hold under a read lease must belong to its user: COPY --chown=1000:1000 dist /srv

FROM node:20-bookworm AS build
WORKDIR /src
COPY . .
RUN npm ci && npm pack --pack-destination /out && mkdir /app && cd /app \
 && npm install --omit=dev --ignore-scripts --no-audit --no-fund /out/pagecast-*.tgz

FROM node:20-bookworm-slim
COPY --from=build --chown=root:root /app /app
COPY --from=build --chown=1000:1000 /src/public /srv
USER 1000:1000
ENV NODE_ENV=production
EXPOSE 8080
# The exec form: signals reach pagecast, and SIGTERM drains.
ENTRYPOINT ["node", "/app/node_modules/pagecast/dist/server/cli/main.js"]
CMD ["/srv"]
