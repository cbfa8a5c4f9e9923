// Latent Studio's service worker: keeps one page, which is shown when the app does not answer. All else always comes from the app.
const KEPT = "latent-studio-offline", PAGE = "./offline.html";

addEventListener("install", event => event.waitUntil((async () => {
  await (await caches.open(KEPT)).add(new Request(PAGE, { cache: "reload" }));
  await skipWaiting();
})()));
addEventListener("activate", event => event.waitUntil(clients.claim()));
addEventListener("fetch", event => {
  if (event.request.mode !== "navigate") return;
  event.respondWith(fetch(event.request).catch(async failure => (await caches.match(PAGE)) || Promise.reject(failure)));
});
