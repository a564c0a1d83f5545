/**
 * Updates in the browser, beside component-client.js: one more htmx 4 extension.
 * Pages of a browser share one connection. What comes disturbs nobody, and is never shown over something newer.
 */
(() => {
  const { htmx } = /** @type {Client.Page} */ (/** @type {unknown} */ (window));
  const meta = document.querySelector("meta[name=hydrant-live]");
  if (!meta) return;
  const LIVE = "[data-component][data-live]";
  const SEAL = "hx-vals:inherited";
  /** The end of the seal that a message was made from, where its first partial goes, and the code where that is a refusal. */
  const FIRST =
    /^<hx-partial (?:data-base="([\w~-]+)" )?hx-target="#([^" ]+)[^>]*>(?:<p [^>]*data-code="(\w+)" data-error-id=)?/;
  /** Refusals that asking again would not change. */
  const OVER = /^(unauthenticated|forbidden|state_invalid|not_found)$/;
  // Milliseconds in which what the server is to be told is gathered, in which messages may come that left before that,
  // and after which a page that missed something has been told how things stand.
  const [GATHER_MS, CROSSING_MS, CATCHING_UP_MS] = [30, 1_000, 5_000];
  /** How often in a row the server may refuse, milliseconds of the first pause, and of the longest. */
  const [TRIES, WAIT_MS, LONGEST_MS] = [10, 1_000, 60_000];
  /** Characters of seals in one request. */
  const MOST = 400_000;
  const { pathname, searchParams } = new URL(meta.getAttribute("content") ?? "", location.href);
  /** This page among those that share the connection. */
  const page = crypto.getRandomValues(new Uint32Array(4)).join("-");
  /** What the server was told of each instance: the attribute with its seal. @type {Map<string, string | null>} */
  const known = new Map();
  /** Those that may not be shown any more, in the same way. @type {Map<string, string | null>} */
  const refused = new Map();
  /** Instances it is to be told of. @type {Set<string>} */
  const fresh = new Set();
  /** Those it is being told of, and those it was told of last. @type {Set<string>} */
  let underWay = new Set();
  let told = underWay;
  /** Requests that are not answered. @type {Set<Client.Context>} */
  const calls = new Set();
  /** Instances that asked how they stand. @type {Set<string>} */
  const asking = new Set();
  /** Up to where this page has been told everything. It stays behind where that is not sure. */
  let cursor = searchParams.get("cursor") ?? "";
  /** Id of the connection, while there is one. */
  let connection = "";
  let health = "current";
  let [isJoined, isClosed, isPushing, tries] = [false, false, false, 0];
  /** Epoch milliseconds from which on it is sure that the server knows all instances. */
  let sureAt = 0;
  let timer = /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined);
  /** Where this page holds the connection for all. @type {EventSource | undefined} */
  let source;
  /** @type {BroadcastChannel | undefined} */
  let channel;
  let leaving = new AbortController();
  /** How the server is told. @type {Client.Tell} */
  let tell = overHttp;

  /** @type {Client.Tell} */
  async function overHttp(change, keepalive = false) {
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch(pathname, { method: "POST", headers, keepalive, body: JSON.stringify(change) });
    if (!answer.ok) throw new Error(`${answer.status}`);
    return (await answer.json()).refused;
  }

  /** @param {string} id @returns {HTMLElement | null} */
  const rootOf = (id) => document.querySelector(`${LIVE}[id="${CSS.escape(id)}"]`);
  const isBusy = (/** @type {string} */ id) => [...calls].some(({ hydrant }) => hydrant?.root.id === id);
  const pause = () => Math.min(LONGEST_MS, WAIT_MS * 2 ** tries) * (0.5 + Math.random() / 2);

  /** Lets stylesheets and scripts know. @param {string} state @param {string} [code] */
  function say(state, code) {
    const { dataset } = document.documentElement;
    if (dataset.live === state) return;
    dataset.live = state;
    document.dispatchEvent(new CustomEvent("hydrant:live", { detail: { state, code } }));
  }

  /** Finds out what there is to tell the server. */
  function survey() {
    for (const root of document.querySelectorAll(LIVE)) {
      const seal = root.getAttribute(SEAL);
      if (known.get(root.id) !== seal && refused.get(root.id) !== seal) fresh.add(root.id);
      known.set(root.id, seal);
    }
    for (const id of known.keys()) if (!rootOf(id) && known.delete(id)) fresh.add(id);
    if (fresh.size > 0 && !isClosed && !isJoined) join();
    if (fresh.size > 0) timer ??= setTimeout(announce, GATHER_MS);
  }

  /** Tells the server what is to be told, except of what is about to change. */
  async function announce() {
    timer = undefined;
    if (!connection || underWay.size > 0) return;
    const batch = /** @type {Set<string>} */ (new Set());
    const subscribe = /** @type {object[]} */ ([]);
    const unsubscribe = /** @type {string[]} */ ([]);
    let size = 0;
    for (const id of fresh) {
      if (isBusy(id) || size > MOST) continue;
      batch.add(id);
      fresh.delete(id);
      const root = rootOf(id);
      const { state = "" } = JSON.parse(root?.getAttribute(SEAL) ?? "{}");
      if (root) subscribe.push({ component: root.dataset.component, state });
      else unsubscribe.push(id);
      size += state.length;
    }
    if (batch.size === 0) return;
    underWay = told = batch;
    sureAt = Number.POSITIVE_INFINITY;
    const answer = await tell({ connection, page, cursor, subscribe, unsubscribe }).catch(() => undefined);
    if (underWay !== batch) return; // There is another connection by now.
    underWay = new Set();
    if (sureAt) sureAt = Date.now() + CROSSING_MS;
    tries = answer ? 0 : tries + 1;
    if (!answer) for (const id of batch) fresh.add(id);
    const isOver = answer?.length && answer.length === known.size && answer.every(({ code }) => OVER.test(code));
    if (isOver || tries > TRIES) return leave(answer?.[0]?.code ?? "unavailable");
    if (fresh.size > 0) timer ??= setTimeout(announce, answer ? GATHER_MS : pause());
    if (answer) say(health);
  }

  /** Shows what the server sent, unless the page is further than that. @type {Client.Updates["show"]} */
  async function show(html, id, isNew = true) {
    const [, base, target = "", code = ""] = FIRST.exec(html) ?? [];
    const root = /** @type {HTMLElement | undefined} */ (document.getElementById(target)?.closest("[data-component]"));
    if (root && base && (isBusy(root.id) || !root.getAttribute(SEAL)?.includes(`${base}"`))) return ask(root);
    if (root) {
      const hydrant = { root, guarded: false, sent: new Map(), order: 0 };
      const ctx = { text: html, sourceElement: root, swap: "none", hx: {}, hydrant, isPush: true, base };
      // What cannot be shown alone may be shown as a whole.
      await htmx.swap(/** @type {Client.Swap} */ (/** @type {unknown} */ (ctx))).catch(() => ask(root));
    }
    // It was made from what the server was told last.
    const isTold = root && base && told.has(root.id);
    if (isTold) sureAt = 0;
    if (root && OVER.test(code)) refused.set(root.id, root.getAttribute(SEAL));
    if (OVER.test(code) && [...known].every(([one, seal]) => refused.get(one) === seal)) return leave(code);
    if (id && document.documentElement.dataset.live === "stale") say(health);
    const isAll = isNew || (isTold && told.size === 1);
    if (id && isAll && fresh.size + calls.size === 0 && Date.now() > sureAt) cursor = id;
  }

  /** Asks how an instance stands, once it has nothing else to do. What this page did not take is told once more after that. @param {HTMLElement} root */
  function ask(root) {
    const { id, dataset } = root;
    const isComing = fresh.has(id) || asking.has(id) || (underWay.has(id) && !isBusy(id));
    fresh.add(id);
    if (!isComing) {
      asking.add(id);
      // Nobody fills in a form by this, so it is not checked as one.
      const how = { source: root, event: { submitter: { formNoValidate: true } }, confirm: undefined, isPush: true };
      htmx.ajax("POST", `${pathname.replace(/_live$/, `${dataset.component}`)}/_refresh`, /** @type {object} */ (how));
    }
    survey();
  }

  /** @param {string} id Of the connection; empty where it was lost. @param {string} [how] */
  function connected(id, how = "current") {
    if (id && id === connection) return;
    connection = id;
    health = how;
    timer = void clearTimeout(timer);
    underWay = new Set();
    for (const all of [known, fresh]) all.clear();
    survey();
    if (id && fresh.size === 0) say(health);
    if (!id && fresh.size > 0) say("connecting");
    if (!id) channel?.postMessage({ say: "who" });
  }

  /** What the page that holds the connection says. @param {Client.Word} word @param {boolean} [isOwn] Whether that is this page. */
  function hear(word, isOwn) {
    if (isOwn) channel?.postMessage(word);
    const { say: what, page: to, code, html = "", id, isNew } = word;
    health = word.health ?? health;
    if (what === "who" && source && connection) channel?.postMessage({ say: "connected", connection, health });
    // Words of two pages may overtake each other; whoever holds the connection knows, and is asked again.
    if (what === "connected" && !source) connected(word.connection ?? "", word.health);
    if (what === "lost" && !source) connected("");
    // What was said through another node may be among what was lost.
    if (what === "health" && health === "current") known.clear();
    if (what === "health" && document.documentElement.dataset.live !== "connecting") say(health);
    if (what === "health") survey();
    if (what === "closed") leave(code);
    if (what === "page" && to === page) void show(html, id, isNew);
    if (what !== "resync" || to !== page) return;
    say("stale");
    setTimeout(() => connection && say(health), CATCHING_UP_MS);
  }

  /** Holds the connection for all pages. @param {AbortSignal} signal */
  function lead(signal) {
    if (signal.aborted) return;
    const own = new EventSource(`${pathname}?shared`);
    /** @param {string} type @param {(data: string, id: string) => void} take */
    const on = (type, take) => own.addEventListener(type, ({ data, lastEventId }) => take(data, lastEventId));
    let last = "";
    source = own;
    connected("");
    on("connected", (data) => {
      connected(JSON.parse(data).connection);
      hear({ say: "who" });
    });
    on("page", (data, at) => {
      const [to = ""] = data.split("\n", 1);
      // A message without an id of its own comes with that of an earlier one.
      hear({ say: "page", page: to, html: data.slice(to.length + 1), id: at, isNew: at !== last }, true);
      last = at;
    });
    on("resync", (data) => hear({ say: "resync", page: JSON.parse(data).page }, true));
    for (const state of ["stale", "current"]) on(state, () => hear({ say: "health", health: state }, true));
    // The others may be somebody else's by now: they find out for themselves.
    on("component:closed", (data) => leave(JSON.parse(data).code));
    own.onerror = () => {
      channel?.postMessage({ say: "lost" });
      connected("");
      if (own.readyState !== EventSource.CLOSED) return;
      if (++tries > TRIES) hear({ say: "closed", code: "unavailable" }, true);
      else setTimeout(() => lead(signal), pause());
    };
  }

  /** One page after the other holds the connection; where pages cannot agree on that each has its own. */
  function join() {
    const { signal } = leaving;
    isJoined = true;
    if (!navigator.locks || !window.BroadcastChannel) return lead(signal);
    channel = new BroadcastChannel(pathname);
    channel.onmessage = ({ data }) => hear(data);
    const hold = () => {
      lead(signal);
      return new Promise((done) => signal.addEventListener("abort", done));
    };
    navigator.locks.request(pathname, { signal }, hold).catch(() => lead(signal));
    connected("");
  }

  /** @param {string} [code] Why, where that holds until the page is loaded again. */
  function leave(code) {
    if (source) channel?.postMessage({ say: "lost" });
    // Whoever holds the connection finds out otherwise, when that ends.
    else if (connection) tell({ connection, page, leave: true }, true).catch(() => {});
    source?.close();
    leaving.abort();
    channel?.close();
    source = channel = undefined;
    leaving = new AbortController();
    connection = "";
    isJoined = false;
    isClosed ||= !!code;
    if (code) say("closed", code);
  }

  /** @param {Client.Tell} [own] tells the server in another way; without it the shared connection is used. */
  function take(own) {
    if (isClosed) return;
    leave();
    tell = own ?? overHttp;
    isJoined = !!own;
    connected(own ? "own" : "");
  }
  Object.assign(htmx.hydrant, { updates: { show, hear, take } });
  /** @type {Client.Extension} */
  const extension = {
    htmx_config_request(_sender, { ctx: { isPush, request } }) {
      // All that stands in the instance was collected, and none of it is asked for.
      if (isPush) for (const name of [...request.body.keys()]) if (name !== "state") request.body.delete(name);
    },
    htmx_before_request: (_sender, { ctx }) => calls.add(ctx),
    /** Nobody is led away by what he did not ask for. */
    htmx_after_request: (_sender, { ctx: { isPush, hx } }) => !(isPush && hx.redirect),
    htmx_before_swap(_sender, { ctx, tasks }) {
      isPushing = !!ctx.isPush;
      if (!isPushing) return;
      const isNew = (/** @type {Client.Task} */ { fragment, swapSpec: { style } }) =>
        style !== "beforeend" || !document.getElementById(fragment.firstElementChild?.id ?? "");
      tasks.splice(0, tasks.length, ...tasks.filter(isNew));
    },
    /** An update does not take away what somebody has to read. */
    htmx_before_morph_node: (element, { newNode }) =>
      !(isPushing && element.matches("[data-component-error]") && element.firstChild && !newNode.firstChild),
    htmx_after_swap(_sender, { ctx: { base, hydrant, response } }) {
      const { id = "" } = hydrant?.root ?? {};
      // The server made it for this connection and knows.
      if ((base || (!hydrant?.late && response?.headers.has("Hydrant-Told"))) && rootOf(id))
        known.set(id, rootOf(id)?.getAttribute(SEAL) ?? null);
      survey();
    },
    htmx_finally_request(_sender, { ctx }) {
      calls.delete(ctx);
      if (ctx.isPush) asking.delete(ctx.hydrant?.root.id ?? "");
      survey();
    },
  };
  htmx.registerExtension("hydrant-live", extension);

  document.addEventListener("DOMContentLoaded", survey);
  addEventListener("pagehide", () => leave());
  addEventListener("pageshow", ({ persisted }) => persisted && take());
})();
