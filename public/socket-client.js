/**
 * Hydrant over one WebSocket: events and updates of a page go through it while it is open, and over HTTP while it is not.
 * Load it after live-client.js.
 */
(() => {
  const { htmx } = /** @type {Client.Page} */ (/** @type {unknown} */ (window));
  const { updates } = htmx.hydrant;
  const address = document.querySelector('meta[name="hydrant-socket"]')?.getAttribute("content");
  if (!address || !window.WebSocket) return;
  /** Closed with one of these, it would only be closed again. */
  const [POLICY, SIGNED_OUT] = [1008, 4401];
  /** Milliseconds of the first pause before it is opened again, and of the longest. */
  const [WAIT_MS, LONGEST_MS] = [1_000, 30_000];
  /** Milliseconds from one sign of life to the next. A stream takes a connection for dead that shows none for 45 seconds. */
  const BEAT_MS = 15_000;
  /** Instances in one message, and bytes beside their list. */
  const [MOST, BESIDE] = [100, 1_000];
  /** HTTP knows where people sign in, and may reach another node. */
  const BETTER_OVER_HTTP = /^(unauthenticated|unavailable)$/;
  /** Events that were sent and not acknowledged, by their keys. @type {Map<string, Client.Exchange>} */
  const exchanges = new Map();
  const encoder = new TextEncoder();
  let socket = /** @type {WebSocket | undefined} */ (undefined);
  let timer = /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined);
  /** Bytes of the largest message the server takes; 0 until it said so. */
  let largest = 0;
  /** Whether the server was asked for a sign of life and nothing came since. */
  let isSilent = false;

  const isOpen = () => socket?.readyState === WebSocket.OPEN && largest > 0;
  const send = (/** @type {object} */ message) => isOpen() && socket?.send(JSON.stringify(message));

  /** Fields as JSON has them: what comes several times is a list. @param {Iterable<[string, string]>} entries */
  function fieldsOf(entries) {
    /** @type {Map<string, string | string[]>} */
    const fields = new Map();
    for (const [name, value] of entries) {
      const known = fields.get(name);
      fields.set(name, known === undefined ? value : [known, value].flat());
    }
    return fields;
  }

  /** What an event's answer has beside its HTML, in the headers that HTTP has for it. @param {Client.Effects} effects */
  function headersOf({ redirect, push_url, replace_url, trigger, removed }) {
    // Whoever is answered here is told of updates here, of this seal.
    const headers = new Headers({ "Content-Type": "text/html", "Hydrant-Told": "yes" });
    const paths = { "HX-Redirect": redirect, "HX-Push-Url": push_url, "HX-Replace-Url": replace_url };
    for (const [name, path] of Object.entries(paths)) if (path) headers.set(name, path);
    // A header holds no letters beyond Latin-1, so JSON spells them.
    const spelt = (/** @type {string} */ one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`;
    if (trigger) headers.set("HX-Trigger", JSON.stringify(trigger).replace(/[\u007f-\uffff]/g, spelt));
    if (removed) headers.set("HX-Reswap", "delete");
    return headers;
  }

  /** @param {string} target @param {string} swap @param {string} html */
  const partial = (target, swap, html) => `<hx-partial hx-target="${target}" hx-swap="${swap}">${html}</hx-partial>`;

  /** The HTML of an update as an answer over HTTP would have it. @param {Client.Update} update */
  function htmlOf({ html, append, partials = [] }) {
    const main = append ? partial(`#${append}`, "beforeend", html) : html;
    return main + partials.map((one) => partial(`#${one.target}`, one.swap, one.html)).join("");
  }

  /** The partials of an update nobody here asked for. @param {Client.Update} update */
  function pushed({ component_id, html, append, effects, partials, base }) {
    if (effects?.removed) return partial(`#${component_id}`, "delete", "");
    const whole = html && !append ? partial(`#${component_id}`, "outerMorph", html) : "";
    const text = append ? htmlOf({ component_id, html, append }) : whole + htmlOf({ component_id, html: "", partials });
    return base === undefined ? text : text.replace("<hx-partial ", `<hx-partial data-base="${base}" `);
  }

  /** A refusal in the place where errors stand. @param {Client.Refused} refused @param {string} root */
  function refusal({ code, message, error_id }, root) {
    const alert = Object.assign(document.createElement("p"), { textContent: message });
    Object.assign(alert.dataset, { code, errorId: error_id });
    alert.setAttribute("role", "alert");
    return partial(`#${root} [data-component-error]`, "innerHTML", alert.outerHTML);
  }

  /** One event on its way: what comes for it becomes the answer htmx waits for, a stream an event stream as over HTTP. @param {string} root @param {() => Promise<Response>} overHttp @returns {Client.Exchange} */
  function exchangeFor(root, overHttp) {
    let stream = /** @type {ReadableStreamDefaultController<Uint8Array> | undefined} */ (undefined);
    let last = /** @type {Client.Update | undefined} */ (undefined);
    let ticket = "";
    /** Once at most: a request made for a second answer would be nobody's. @type {(make: () => Response | Promise<Response>) => void} */
    let answer = () => {};
    const response = new Promise((/** @type {(answer: Response | Promise<Response>) => void} */ resolve) => {
      answer = (make) => {
        answer = () => {};
        resolve(make());
      };
    });
    /** @param {string} data @param {string} [head] */
    function write(data, head = "") {
      const lines = data.replaceAll("\r", "&#13;").split("\n");
      stream?.enqueue(encoder.encode(`${head}${lines.map((line) => `data: ${line}\n`).join("")}\n`));
    }
    /** @param {string} event @param {string} data */
    function end(event, data) {
      write(data, `event: component:${event}\n`);
      stream?.close();
      stream = undefined;
    }
    function stop() {
      if (stream) send({ type: "component_stop", ticket });
      stream = undefined;
    }
    return {
      response,
      begin(begun) {
        ticket = begun.ticket;
        const headers = { "Content-Type": "text/event-stream", "Hydrant-Stream": `${begun.mode} ${ticket}` };
        const start = (/** @type {typeof stream} */ made) => {
          stream = made;
        };
        answer(() => new Response(new ReadableStream({ start, cancel: stop }), { headers }));
      },
      update(update) {
        last = update;
        const { component_id, effects, number } = update;
        const data = effects?.removed ? partial(`#${component_id}`, "delete", "") : htmlOf(update);
        if (data) write(data, `id: ${number}\n`);
      },
      alive: () => stream?.enqueue(encoder.encode(":\n\n")),
      done() {
        const { effects = {}, status = 204 } = last ?? {};
        const body = last && status !== 204 ? htmlOf(last) : null;
        answer(() => new Response(body, { status, headers: headersOf(effects) }));
        if (effects.redirect) end("redirect", effects.redirect);
        else end("done", JSON.stringify(effects));
      },
      fail(refused) {
        const html = refusal(refused, root);
        const headers = { "Content-Type": "text/html", "HX-Reswap": "none" };
        answer(() => (BETTER_OVER_HTTP.test(refused.code) ? overHttp() : new Response(html, { status: 400, headers })));
        write(html);
        end("error", JSON.stringify(refused));
      },
      // The key is the same, so what was carried out is not carried out again; what was aborted is not sent.
      lost(reason) {
        answer(overHttp);
        stream?.error(reason);
        stop();
      },
    };
  }

  /** What was asked about this page's instances, by the numbers of the messages. @type {Map<string, Client.Asked>} */
  const asked = new Map();
  /** Of this page, as live-client.js calls it. */
  let [page, count, tries] = ["", 0, 0];

  /** Lists that fit in a message each. @template Item @param {readonly Item[]} list @param {number} most Characters of one. */
  function batches(list, most) {
    const all = /** @type {Item[][]} */ ([]);
    let room = 0;
    for (const one of list) {
      const { length } = JSON.stringify(one);
      if (length > room || all.at(-1)?.length === MOST) room = all.push([]) && most;
      all.at(-1)?.push(one);
      room -= length + 1;
    }
    return all;
  }

  /** Tells the server over the socket what the page shows. @type {Client.Tell} */
  async function tell(change) {
    const { subscribe = [], unsubscribe = [], cursor, ...rest } = /** @type {Client.Change} */ (change);
    page = rest.page ?? page;
    if (!isOpen()) throw new Error("the socket was lost");
    const most = largest - BESIDE;
    for (const instances of batches(unsubscribe, most)) send({ type: "unsubscribe", instances });
    // What no message has room for is shown all the same, and not told of anything.
    const fitting = subscribe.filter((one) => JSON.stringify(one).length < most);
    const answers = batches(fitting, most).map((instances) => {
      const id = `s${++count}`;
      send({ type: "subscribe", instances, cursor, id });
      return new Promise((/** @type {Client.Asked["resolve"]} */ resolve, reject) =>
        asked.set(id, { count: instances.length, refused: [], resolve, reject }),
      );
    });
    const tooLarge = subscribe.slice(fitting.length).map(() => ({ code: "too_large" }));
    return [...tooLarge, ...(await Promise.all(answers)).flat()];
  }

  /** What came for a question; the last settles it. @param {Client.Asked} question @param {Client.Incoming} message */
  function settle(question, message) {
    if (message.type === "subscribed") question.missing = question.count - message.instances.length;
    else question.refused.push(message);
    // Refusals of single instances come after it was taken; one before is of the whole message.
    if (question.missing === undefined) question.reject(new Error(message.code));
    else if (question.missing === question.refused.length) question.resolve(question.refused);
    else return;
    asked.delete(message.id ?? "");
  }

  /** @param {Client.Incoming} message */
  function hear(message) {
    const { type, id = "" } = message;
    const [exchange, question] = [exchanges.get(id), asked.get(id)];
    isSilent = false;
    if (type === "connected") {
      largest = message.message_bytes;
      tries = 0;
      updates?.take(tell);
    } else if (question) settle(question, message);
    else if (type === "component_stream" && exchange) exchange.begin(message);
    // Whoever asked for it does not wait any more.
    else if (type === "component_stream") send({ type: "component_stop", ticket: message.ticket });
    else if (type === "component_update" && exchange) exchange.update(message);
    else if (type === "ack" && exchanges.delete(id)) exchange?.done();
    else if (type === "error" && exchanges.delete(id)) exchange?.fail(message);
    else if (type === "pong") {
      for (const one of exchanges.values()) one.alive();
      if (message.cursor) updates?.show("", message.cursor);
    } else if (id) return;
    else if (type === "component_update") updates?.show(pushed(message), message.cursor);
    else if (type === "error" && message.component_id) updates?.show(refusal(message, message.component_id));
    else if (type === "resync") updates?.hear({ say: "resync", page });
    else if (type === "stale" || type === "current") updates?.hear({ say: "health", health: type });
  }

  /** @param {number} [code] */
  function lost(code = 0) {
    const wasOpen = largest > 0;
    const reason = new TypeError("the socket was lost");
    letGo();
    // What is under way goes on over HTTP.
    for (const exchange of exchanges.values()) exchange.lost(reason);
    for (const { reject } of asked.values()) reject(reason);
    for (const all of [exchanges, asked]) all.clear();
    if (code === SIGNED_OUT) updates?.hear({ say: "closed", code: "unauthenticated" });
    // Until there is a socket again, the page is told over HTTP.
    else if (wasOpen) updates?.take();
    if (code === POLICY || code === SIGNED_OUT) return;
    timer = setTimeout(connect, Math.min(LONGEST_MS, WAIT_MS * 2 ** tries++) * (0.5 + Math.random() / 2));
  }

  function letGo() {
    clearTimeout(timer);
    [largest, isSilent] = [0, false];
    if (socket) socket.onmessage = socket.onclose = null;
    socket?.close();
  }

  function connect() {
    socket = new WebSocket(new URL(/** @type {string} */ (address), location.href.replace("http", "ws")));
    socket.onmessage = ({ data }) => hear(JSON.parse(data));
    socket.onclose = ({ code }) => lost(code);
  }

  /** An event as the socket takes it. @param {RequestInfo | URL} to @param {URLSearchParams} body @param {string} root @param {string} id */
  function messageOf(to, body, root, id) {
    const url = new URL(`${to}`, location.href);
    const [component, event] = url.pathname.split("/").slice(-2);
    const fields = fieldsOf(body);
    const state = fields.get("state");
    for (const [name, value] of fieldsOf(url.searchParams)) fields.set(name, value);
    fields.delete("state");
    const payload = Object.fromEntries(fields);
    return JSON.stringify({ type: "component_event", component, component_id: root, event, payload, state, id });
  }

  htmx.registerExtension("hydrant-socket", {
    /** Before scripts that send in a way of their own: those take over from this. @param {Element} _sender @param {Client.Detail} detail */
    htmx_config_request(_sender, { ctx }) {
      const { hydrant: call, request } = ctx;
      if (request.method !== "POST" || !call?.guarded) return;
      const overHttp = ctx.fetch ?? fetch;
      // What is sent is known when it is: it may have waited, and be sent once more. Uploads are multipart.
      ctx.fetch = (to, options) => {
        const { headers, signal } = ctx.request;
        const body = /** @type {unknown} */ (ctx.request.body);
        const id = headers["Idempotency-Key"] ?? "";
        if (!isOpen() || !(body instanceof URLSearchParams) || !id || exchanges.has(id)) return overHttp(to, options);
        const text = messageOf(to, body, call.root.id, id);
        if (text.length * 3 > largest && encoder.encode(text).length > largest) return overHttp(to, options);
        const exchange = exchangeFor(call.root.id, () => overHttp(to, options));
        exchanges.set(id, exchange);
        signal.addEventListener("abort", () => exchanges.delete(id) && exchange.lost(signal.reason));
        socket?.send(text);
        return exchange.response;
      };
    },
  });

  // Scripts run before the page is there; the connection is made once it is.
  document.addEventListener("DOMContentLoaded", connect);
  // A network that is gone closes nothing.
  setInterval(() => {
    if (isSilent) return lost();
    isSilent = isOpen();
    send({ type: "ping" });
  }, BEAT_MS);
  // With a socket the browser would not keep the page; what was under way goes on when somebody comes back.
  addEventListener("pagehide", letGo);
  addEventListener("pageshow", ({ persisted }) => persisted && lost());
})();
