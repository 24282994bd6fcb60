# Two stages: one with a compiler, one with Node and the package alone.
#
#   docker build -t pagecast .
#   docker run --read-only --security-opt seccomp=deploy/seccomp.json -p 8080:8080 -v ./dist:/srv:ro pagecast
#
# Files that pagecast should hold under a read lease must belong to its user: COPY --chown=1000:1000 dist /srv

FROM node:20-bookworm AS build
WORKDIR /src
COPY . .
# Scripts would compile what packing compiles again.
RUN npm ci --ignore-scripts && npm pack --pack-destination /tmp
WORKDIR /app
# Of the package what its user gets, of what it depends on the versions that were tested.
RUN tar -xzf /tmp/pagecast-*.tgz --strip-components=1 && cp /src/package-lock.json . && npm ci --omit=dev --ignore-scripts --no-audit --no-fund && chmod 755 dist/server/cli/main.js

FROM node:20-bookworm-slim
COPY --from=build --chown=root:root /app /app
COPY --from=build --chown=1000:1000 /src/public /srv
# A volume for --store is made with the owner of the folder that it covers.
RUN ln -s /app/dist/server/cli/main.js /usr/local/bin/pagecast && install -d -o 1000 -g 1000 /var/lib/pagecast
USER 1000:1000
ENV NODE_ENV=production
EXPOSE 8080
# The exec form: signals reach pagecast, and SIGTERM drains.
ENTRYPOINT ["pagecast"]
CMD ["/srv"]
