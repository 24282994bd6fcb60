// Redirects as data: a file of one or more lines, what is asked for, and what comes of it. The files are the examples of Netlify's
// ("Redirects and rewrites", "Redirect options", "Rewrites and proxies") and Cloudflare's ("Redirects") documentation, and their edges.

/** [scheme://host]path[?query], then status with '!' where forced, then the location or the path; or undefined. */
export type RedirectCase = readonly [file: string, asked: string, outcome: string | undefined];

const netlifyOverview = `
# Redirects from what the browser requests to what we serve
/home              /
/blog/my-post.php  /blog/my-post
/news              /blog
/cuties            https://www.petsofnetlify.com
/authors/c%C3%A9line  /authors/about-c%C3%A9line
`;

const netlifyStatus = `
# Redirect with a 301
/home         /              301

# Redirect with a 302
/my-redirect  /              302

# Show a custom 404 for this path
/ecommerce    /store-closed  404

# Rewrite a path
/pass-through /index.html    200
`;

const netlifyLanguages = '/en/* /en/404.html 404\n/de/* /de/404.html 404';
const netlifyOrder = '/jobs/customer-ninja-rockstar  /careers/support-engineer\n/jobs/*  /careers/:splat';
const netlifyParameters = '/store id=:id  /blog/:id  301\n/articles id=:id tag=:tag /posts/:tag/:id 301\n/path/* param1=:value1 /otherpath/:value1/:splat 301';
const netlifyDomains = `http://blog.yoursite.com/* https://www.yoursite.com/blog/:splat 301!
https://blog.yoursite.com/* https://www.yoursite.com/blog/:splat 301!`;

const cloudflare = `/home301 / 301
/home302 / 302
/querystrings /?query=string 301
/twitch https://twitch.tv
/trailing /trailing/ 301
/notrailing/ /nottrailing 301
/page/ /page2/#fragment 301
/blog/* https://blog.my.domain/:splat
/products/:code/:name /products?code=:code&name=:name`;

export const documentedCases: readonly RedirectCase[] = [
  [netlifyOverview, '/home', '301 /'],
  [netlifyOverview, '/blog/my-post.php', '301 /blog/my-post'],
  [netlifyOverview, '/news', '301 /blog'],
  [netlifyOverview, '/cuties', '301 https://www.petsofnetlify.com'],
  [netlifyOverview, '/authors/c%C3%A9line', '301 /authors/about-c%C3%A9line'],
  [netlifyOverview, '/HOME', undefined],
  [netlifyOverview, '/', undefined],
  [netlifyOverview, '/home/x', undefined],
  [netlifyStatus, '/home', '301 /'],
  [netlifyStatus, '/my-redirect', '302 /'],
  [netlifyStatus, '/ecommerce', '404 -> /store-closed'],
  [netlifyStatus, '/pass-through', '200 -> /index.html'],
  [netlifyLanguages, '/en/missing/page', '404 -> /en/404.html'],
  [netlifyLanguages, '/de/x', '404 -> /de/404.html'],
  [netlifyLanguages, '/fr/x', undefined],
  ['/*    /index.html   200', '/any/where', '200 -> /index.html'],
  ['/*    /index.html   200', '/', '200 -> /index.html'],
  ['/app/*  /app/index.html  200!', '/app/view', '200! -> /app/index.html'],
  ['/news/*  /blog/:splat', '/news/2004/01/10/my-story', '301 /blog/2004/01/10/my-story'],
  [netlifyOrder, '/jobs/customer-ninja-rockstar', '301 /careers/support-engineer'],
  [netlifyOrder, '/jobs/developer', '301 /careers/developer'],
  ['/news/:month/:date/:year/:slug  /blog/:year/:month/:date/:slug', '/news/02/12/2004/my-story', '301 /blog/2004/02/12/my-story'],
  ['/news/:year/:month/:date /blog-:year-:month-:date.html', '/news/2004/02/12', '301 /blog-2004-02-12.html'],
  [netlifyParameters, '/store?id=my-blog-post', '301 /blog/my-blog-post'],
  [netlifyParameters, '/store', undefined],
  [netlifyParameters, '/store?id=', undefined],
  [netlifyParameters, '/store?id=a&other=b', undefined],
  [netlifyParameters, '/store?other=b', undefined],
  [netlifyParameters, '/store?id=a&id=b', undefined],
  [netlifyParameters, '/articles?id=1&tag=news', '301 /posts/news/1'],
  [netlifyParameters, '/articles?tag=news&id=1', '301 /posts/news/1'],
  [netlifyParameters, '/articles?tag=news', undefined],
  [netlifyParameters, '/path/a/b?param1=x', '301 /otherpath/x/a/b'],
  ['/donate source=:source email=:email /donate/usa?source=:source&email=:email 302', '/donate?email=a%40b&source=c', '302 /donate/usa?source=c&email=a%40b'],
  ['/ page=news /news\n/blog post=:post_id /blog/:post_id', '/?page=news', '301 /news'],
  ['/ page=news /news\n/blog post=:post_id /blog/:post_id', '/?page=else', undefined],
  ['/ page=news /news\n/blog post=:post_id /blog/:post_id', '/blog/?post=7', '301 /blog/7'],
  ['/ _escaped_fragment_=/about /about', '/?_escaped_fragment_=/about', '301 /about'],
  ['/blog/title-with-typo  /blog/typo-free-title', '/blog/title-with-typo', '301 /blog/typo-free-title'],
  ['/blog/title-with-typo  /blog/typo-free-title', '/blog/title-with-typo/', '301 /blog/typo-free-title'],
  [netlifyDomains, 'http://blog.yoursite.com/a/b', '301! https://www.yoursite.com/blog/a/b'],
  [netlifyDomains, 'https://blog.yoursite.com/', '301! https://www.yoursite.com/blog/'],
  [netlifyDomains, 'https://www.yoursite.com/a', undefined],
  ['/blog/my-post-ads.php  /blog/my-post#ads', '/blog/my-post-ads.php', '301 /blog/my-post#ads'],
  ['/test  https://www.bitballoon.com/test=hello 301!', '/test', '301! https://www.bitballoon.com/test=hello'],

  [cloudflare, '/home301', '301 /'],
  [cloudflare, '/home302', '302 /'],
  [cloudflare, '/querystrings', '301 /?query=string'],
  [cloudflare, '/querystrings?other=1', '301 /?query=string'],
  [cloudflare, '/twitch', '301 https://twitch.tv'],
  [cloudflare, '/twitch?from=here', '301 https://twitch.tv/?from=here'],
  [cloudflare, '/trailing', '301 /trailing/'],
  [cloudflare, '/trailing/', undefined],
  [cloudflare, '/notrailing/', '301 /nottrailing'],
  [cloudflare, '/page/', '301 /page2/#fragment'],
  [cloudflare, '/page/?a=b', '301 /page2/?a=b#fragment'],
  [cloudflare, '/blog/2021/post', '301 https://blog.my.domain/2021/post'],
  [cloudflare, '/products/42/hammer', '301 /products?code=42&name=hammer'],
  [cloudflare, '/products/42', undefined],
  ['/movies/:title /media/:title', '/movies/alien', '301 /media/alien'],
  ['/movies/:title /media/:title', '/movies/alien/3', undefined],
  ['/blog/:year/:month/:date/:slug /news/:year/:month/:date/:slug', '/blog/2021/05/06/x', '301 /news/2021/05/06/x'],
  ['/blog/* /posts/:splat', '/blog/a/b/c', '301 /posts/a/b/c'],
  ['/blog/* /news/:splat 200', '/blog/a', '200 -> /news/a'],
  ['/a /b 200\n/b /c 200', '/a', '200 -> /b'],
  ['/a /b 200\n/b /c 200', '/b', '200 -> /c'],
];

export const edgeCases: readonly RedirectCase[] = [
  // The first line that matches counts, patterns and plain paths alike, and forced ones too.
  ['/a/* /1\n/a/b /2', '/a/b', '301 /1'],
  ['/a/b /2\n/a/* /1', '/a/b', '301 /2'],
  ['/:x/b /1\n/a/:y /2\n/a/b /3', '/a/b', '301 /1'],
  ['/* /index.html 200\n/old /new 301!', '/old', '200 -> /index.html'],
  ['https://a.example/x /1\n/x /2', 'http://b.example/x', '301 /2'],
  ['/x /2\nhttps://a.example/x /1', 'https://a.example/x', '301 /2'],
  ['https://:any.example/x /1\nhttps://a.example/x /2', 'https://a.example/x', '301 /1'],
  // Statuses.
  ['/a /b 303', '/a', '303 /b'],
  ['/a /b 307', '/a', '307 /b'],
  ['/a /b 308!', '/a', '308! /b'],
  ['/a /gone.html 410', '/a', '410 -> /gone.html'],
  ['/* /maintenance.html 503!', '/x', '503! -> /maintenance.html'],
  ['/a /a 410!', '/a', '410! -> /a'],
  // A slash at the end counts on neither side.
  ['/a/ /b', '/a', '301 /b'],
  ['/a /b', '/a/', '301 /b'],
  ['/a/:x/ /b/:x', '/a/1', '301 /b/1'],
  ['/a/* /b/:splat', '/a', '301 /b/'],
  ['/a/* /b/:splat', '/a/', '301 /b/'],
  ['/a/* /b/:splat', '/a/x/', '301 /b/x/'],
  ['/a/* /b/:splat', '/ab', undefined],
  ['/a* /b:splat', '/ab', '301 /bb'],
  ['/a* /b:splat', '/a', '301 /b'],
  // The '*' anywhere.
  ['/*.jpg /:splat.webp', '/x/y.jpg', '301 /x/y.webp'],
  ['/*.jpg /:splat.webp', '/x/y.jpeg', undefined],
  ['/*.jpg /:splat.webp', '/.jpg', '301 /.webp'],
  ['/a/*/z /:splat', '/a/b/c/z', '301 /b/c'],
  ['/a/*/z /:splat', '/a/z', undefined],
  ['/a/*/z/:last /:last/:splat', '/a/z/z/z/y', '301 /y/z/z'],
  ['/a/b*c/d /:splat', '/a/bXc/d', '301 /X'],
  ['/a/b*c/d /:splat', '/a/bX/Yc/d', '301 /X/Y'],
  ['/a/b*b /x:splat', '/a/b', undefined],
  ['/a/b*b /x:splat', '/a/bb', '301 /x'],
  // Placeholders within a segment, the first as long as it can be.
  ['/:a-:b /:a/:b', '/1-2-3', '301 /1-2/3'],
  ['/:a-:b /:a/:b', '/1-', undefined],
  ['/:a-:b /:a/:b', '/-1', undefined],
  ['/:a:b /:a/:b', '/xyz', '301 /xy/z'],
  ['/:a:b /:a/:b', '/x', undefined],
  ['/v:major.:minor /:minor', '/v1.22', '301 /22'],
  ['/:file.html /:file', '/a.html.html', '301 /a.html'],
  ['/:splat /x/:splat', '/a', '301 /x/a'],
  ['/at/12:30 /noon', '/at/12:30', '301 /noon'],
  ['/wiki /w/Special:Search', '/wiki', '301 /w/Special:Search'],
  ['/:a /x/:ab', '/y', undefined],
  ['/:a /x/:a-:ab', '/y', '301 /x/y-:ab'],
  // The query goes along, where the target has none and the rule names no parameter.
  ['/a /b', '/a?x=1&y=%20', '301 /b?x=1&y=%20'],
  ['/a /b 302', '/a?', '302 /b?'],
  ['/a /b?own=1 308', '/a?x=1', '308 /b?own=1'],
  ['/a /b 200', '/a?x=1', '200 -> /b'],
  ['/a /b?x=1#f 200', '/a', '200 -> /b'],
  ['/a x=1 /b', '/a?x=1', '301 /b'],
  ['/a x=1 /b', '/a?%78=%31', '301 /b'],
  ['/a x=a%20b /b', '/a?x=a+b', '301 /b'],
  ['/a x=1 y=2 /b', '/a?y=2&x=1', '301 /b'],
  ['/a x=1 y=2 /b', '/a?y=1&x=2', undefined],
  ['/a x= /b', '/a?x', '301 /b'],
  ['/a x=1 /1\n/a x=:x /2\n/a /3', '/a?x=1', '301 /1'],
  ['/a x=1 /1\n/a x=:x /2\n/a /3', '/a?x=7', '301 /2'],
  ['/a x=1 /1\n/a x=:x /2\n/a /3', '/a?y=7', '301 /3?y=7'],
  ['/a x=:x /1\n/a x=1 /2', '/a?x=1', '301 /1'],
  ['/*/b x=1 /1', '/a/b?x=1', '301 /1'],
  // One spelling for what is compared, the spelling of the request for what is sent.
  ['/caf\u00e9 /b', '/caf%C3%A9', '301 /b'],
  ['/caf%c3%a9 /b', '/caf%C3%A9', '301 /b'],
  ['/b /caf\u00e9', '/b', '301 /caf%C3%A9'],
  ['/b /\u{1f600}"<>', '/b', '301 /%F0%9F%98%80%22%3C%3E'],
  ['/b /100%', '/b', '301 /100%25'],
  ['/100% /b', '/100%25', '301 /b'],
  ['/admin/* /login 302!', '/%61dmin/x', '302! /login'],
  ['/admin/* /login 302!', '//admin///x', '302! /login'],
  ['/%61dmin /login', '/admin', '301 /login'],
  ['/a%2Fb /c', '/a/b', undefined],
  ['/a%2fb /c', '/a%2Fb', '301 /c'],
  ['/a%2Ab /c', '/a*b', '301 /c'],
  ['/old/:x /new/:x', '/old/%41%2f%20', '301 /new/%41%2f%20'],
  ['/old/* /new/:splat', '/old/a%2F//b%26', '301 /new/a%2F//b%26'],
  ['/old/:x-:y /:y/:x', '/old/%61-%62', '301 /%62/%61'],
  // What is data in a path is data in a query, and the other way round.
  ['/s/:q /search?q=:q', '/s/a&admin=1', '301 /search?q=a%26admin=1'],
  ['/s/:q /search?q=:q', '/s/a+b', '301 /search?q=a%2Bb'],
  ['/s q=:q /search/:q', '/s?q=a+b?c', '301 /search/a%20b%3Fc'],
  ['/s q=:q /search?p=:q', '/s?q=a+b', '301 /search?p=a+b'],
  // Hosts.
  ['https://a.example/* /b/:splat', 'https://A.EXAMPLE:8443/x', '301 /b/x'],
  ['https://a.example/* /b/:splat', 'https://a.example./x', '301 /b/x'],
  ['https://a.example/* /b/:splat', 'http://a.example/x', undefined],
  ['https://a.example/* /b/:splat', 'a.example/x', '301 /b/x'],
  ['https://a.example/* /b/:splat', '/x', undefined],
  ['https://a.example /b', 'https://a.example/', '301 /b'],
  ['https://:lang.example.com/* https://example.com/:lang/:splat', 'https://de.example.com/x', '301 https://example.com/de/x'],
  ['https://:lang.example.com/* https://example.com/:lang/:splat', 'https://a.de.example.com/x', undefined],
  ['/:lang/* https://:lang.example.com/:splat', '/de/x', '301 https://de.example.com/x'],
  ['/:a/:b/* https://:a.:b.example.com/:splat', '/x/y/z', '301 https://x.y.example.com/z'],
  ['/a https://b\u00fccher.example/x', '/a', '301 https://xn--bcher-kva.example/x'],
  ['https://b\u00fccher.example/a /x', 'https://xn--bcher-kva.example/a', '301 /x'],
  ['/a http://example.com:8080/x', '/a', '301 http://example.com:8080/x'],
  ['/a* https://example.com//:splat', '/a//b', '301 https://example.com////b'],
  // No rule leads to where the request is: it gives way to the next.
  ['/* /index.html 301', '/index.html', undefined],
  ['/* /index.html 301', '/x', '301 /index.html'],
  ['/* /index.html 200!', '/index.html', undefined],
  ['/blog/* /blog 301!', '/blog', undefined],
  ['/blog/* /blog 301!', '/blog/', undefined],
  ['/blog/* /blog 301!', '/blog/x', '301! /blog'],
  ['/a /a?x=1', '/a', '301 /a?x=1'],
  ['/a /a?x=1', '/a?x=1', undefined],
  ['/* /:splat/', '/x', '301 /x/'],
  ['/* /:splat/', '/x/', undefined],
  ['/a /a/\n/a /b', '/a/', '301 /b'],
  ['/* https://www.example.com/:splat 301!', 'https://example.com/a/', '301! https://www.example.com/a/'],
  ['/* https://www.example.com/:splat 301!', 'https://www.example.com/a/', undefined],
  ['http://example.com/* https://example.com/:splat 301!', 'http://example.com/a', '301! https://example.com/a'],
  ['http://example.com/* https://example.com/:splat 301!', 'https://example.com/a', undefined],
  ['http://example.com/* https://example.com/:splat 301!', 'example.com/a', undefined],
  ['/store id=:id /store', '/store?id=1', '301 /store'],
  ['/store id=:id /store', '/store', undefined],
  // Lines.
  ['\ufeff/a /b', '/a', '301 /b'],
  ['/a /b\r\n/c\t\t/d\t302\r\n', '/c', '302 /d'],
  ['   /a /b   # a comment', '/a', '301 /b'],
  ['/a /b#fragment # a comment', '/a', '301 /b#fragment'],
  ['/a /b 302 # a comment', '/a', '302 /b'],
  ['/a#part /b', '/a', '301 /b'],
  ['//a//b// /c', '/a/b', '301 /c'],
  ['', '/a', undefined],
];

/** Requests that want something that the file's author did not. */
export const hostileCases: readonly RedirectCase[] = [
  ['/old/* /:splat', '/old//evil.com', '301 /evil.com'],
  ['/old/* /:splat', '/old///evil.com/', '301 /evil.com/'],
  ['/old/* /:splat', '/old/\\evil.com', '301 /%5Cevil.com'],
  ['/old/* /:splat', '/old/%2Fevil.com', '301 /%2Fevil.com'],
  ['/old/* /:splat', '/old/%0D%0ASet-Cookie:x', '301 /%0D%0ASet-Cookie:x'],
  ['/old/* /:splat', '/old/\r\nSet-Cookie:x', '301 /%0D%0ASet-Cookie:x'],
  ['/old/* /:splat', '/old/\t/evil.com', '301 /%09/evil.com'],
  ['/old/* /:splat', '/old/\xe9\x80', '301 /%E9%80'],
  ['/old/* /:splat', '/old/"><script>', '301 /%22%3E%3Cscript%3E'],
  ['/old/* /:splat', '/old/%zz%', '301 /%zz%'],
  ['/old/* /:splat/', '/old/', '301 /'],
  ['/old/* /:splat/evil', '/old', '301 /evil'],
  ['/old* /:splat', '/old/evil.com', '301 /evil.com'],
  ['/ u=:u /:u', '/?u=//evil.com', '301 /evil.com'],
  ['/ u=:u /:u', '/?u=\\evil.com', '301 /%5Cevil.com'],
  ['/a /b', '/a?x="\r\n', '301 /b?x=%22%0D%0A'],
  ['/:lang/* https://:lang.example.com/:splat', '/evil.com:80@/x', undefined],
  ['/:lang/* https://:lang.example.com/:splat', '/evil.com\\/x', undefined],
  ['/:lang/* https://:lang.example.com/:splat', '/evil.com%2f/x', undefined],
  ['/:lang/* https://:lang.example.com/:splat', '/evil.com/x', undefined],
  ['/old/* /new/:splat 200', '/old//../../etc/passwd', '200 -> /new/../../etc/passwd'],
  ['/old/* /:splat 200', '/old//etc/passwd', '200 -> /etc/passwd'],
  ['/old/* /:splat 200', '/old/\0', '200 -> /%00'],
  ['/* /b', '*', undefined],
  ['/* /b', '', undefined],
  ['/* /b', 'old', undefined],
  ['/* /b', '/\u0100', undefined],
];
