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
  const SIGNED_OUT = 4401;
  const FOR_GOOD = new Set([1008, SIGNED_OUT]);
  /** Milliseconds of the first pause before it is opened again, and of the longest. */
  const WAIT_MS = 1_000;
  const LONGEST_MS = 30_000;
  /** Events that were sent and not acknowledged, by their keys. @type {Map<string, Client.Exchange>} */
  const exchanges = new Map();
  const encoder = new TextEncoder();
  /** @type {WebSocket | undefined} */
  let socket;
  /** Bytes of the largest message the server takes; 0 until it said so. */
  let largest = 0;
  let tries = 0;

  const isOpen = () => socket?.readyState === WebSocket.OPEN && largest > 0;
  const send = (/** @type {object} */ message) => socket?.send(JSON.stringify(message));

  /** Fields as JSON has them: what comes several times is a list. @param {Iterable<[string, FormDataEntryValue]>} entries */
  function fieldsOf(entries) {
    /** @type {Map<string, string | string[]>} */
    const fields = new Map();
    for (const [name, value] of entries) {
      const known = fields.get(name);
      fields.set(name, known === undefined ? `${value}` : [known, `${value}`].flat());
    }
    return fields;
  }

  /** A header holds no letters beyond Latin-1, so JSON spells them. @param {object} value */
  const headerJson = (value) =>
    JSON.stringify(value).replace(/[\u007f-\uffff]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);

  /** What an event's answer has beside its HTML, in the headers that HTTP has for it. @param {Client.Effects} effects */
  function headersOf({ redirect, push_url, replace_url, trigger, removed }) {
    const headers = new Headers({ "Content-Type": "text/html" });
    if (redirect) headers.set("HX-Redirect", redirect);
    if (push_url) headers.set("HX-Push-Url", push_url);
    if (replace_url) headers.set("HX-Replace-Url", replace_url);
    if (trigger) headers.set("HX-Trigger", headerJson(trigger));
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
    const alert = Object.assign(document.createElement("p"), { role: "alert", textContent: message });
    Object.assign(alert.dataset, { code, errorId: error_id });
    alert.setAttribute("role", "alert");
    return partial(`#${root} [data-component-error]`, "innerHTML", alert.outerHTML);
  }

  /**
   * One event on its way: what comes for it becomes the answer htmx waits for. A stream becomes an event stream, so that
   * everything that holds for one over HTTP holds here.
   * @param {Client.Context} ctx @param {() => Promise<Response>} overHttp @returns {Client.Exchange}
   */
  function exchangeFor(ctx, overHttp) {
    const root = ctx.hydrant?.root.id ?? "";
    /** @type {ReadableStreamDefaultController<Uint8Array> | undefined} */
    let stream;
    /** @type {Client.Update | undefined} */
    let last;
    /** @type {(answer: Response | Promise<Response>) => void} */
    let answer = () => {};
    const response = new Promise((/** @type {(answer: Response | Promise<Response>) => void} */ resolve) => {
      answer = resolve;
    });
    /** @param {{ event?: string, id?: number, data: string }} message */
    function write({ event, id, data }) {
      const head = (event ? `event: ${event}\n` : "") + (id === undefined ? "" : `id: ${id}\n`);
      const lines = data.replaceAll("\r", "&#13;").split("\n");
      stream?.enqueue(encoder.encode(`${head}${lines.map((line) => `data: ${line}\n`).join("")}\n`));
    }
    return {
      response,
      begin({ mode, ticket }) {
        const headers = { "Content-Type": "text/event-stream", "Hydrant-Stream": `${mode} ${ticket}` };
        const body = new ReadableStream({
          start: (controller) => {
            stream = controller;
          },
          cancel: () => {
            stream = undefined;
            send({ type: "component_stop", ticket });
          },
        });
        answer(new Response(body, { headers }));
      },
      update(update) {
        last = update;
        const html = htmlOf(update);
        if (stream && html) write({ id: update.number ?? 0, data: html });
      },
      done() {
        const { effects = {}, status = 200 } = last ?? { effects: {}, status: 204 };
        if (!stream) {
          const empty = !last || status === 204;
          return answer(
            new Response(empty ? null : htmlOf(/** @type {Client.Update} */ (last)), {
              status: empty ? 204 : status,
              headers: headersOf(effects),
            }),
          );
        }
        if (effects.redirect) write({ event: "component:redirect", data: effects.redirect });
        else write({ event: "component:done", data: JSON.stringify(effects) });
        stream.close();
      },
      fail(refused) {
        const html = refusal(refused, root);
        // HTTP knows where people sign in.
        if (!stream && refused.code === "unauthenticated") return answer(overHttp());
        const headers = { "Content-Type": "text/html", "HX-Reswap": "none" };
        if (!stream) return answer(new Response(html, { status: 400, headers }));
        write({ data: html });
        write({ event: "component:error", data: JSON.stringify(refused) });
        stream.close();
      },
      // The key is the same, so what was carried out is not carried out again.
      lost() {
        if (!stream) answer(overHttp());
        else stream.error(new TypeError("the socket was lost"));
      },
    };
  }

  /** Whether an event can go through the socket. @param {Client.Context} ctx */
  function fits({ hydrant: call, request }) {
    const { method, body } = request;
    return (
      isOpen() && method === "POST" && call?.guarded && body && ![...body.values()].some((one) => one instanceof File)
    );
  }

  /** What was asked about this page's instances, by the numbers of the messages. @type {Map<string, Client.Asked>} */
  const asked = new Map();
  /** Of this page, as live-client.js calls it. */
  let page = "";
  let count = 0;

  /** Tells the server over the socket what the page shows. @type {Client.Tell} */
  async function tell(change) {
    const { subscribe = [], unsubscribe = [], cursor, ...rest } = /** @type {Client.Change} */ (change);
    page = rest.page ?? page;
    if (unsubscribe.length > 0) send({ type: "unsubscribe", instances: unsubscribe });
    if (subscribe.length === 0) return [];
    const id = `s${++count}`;
    send({ type: "subscribe", instances: subscribe, cursor, id });
    return new Promise((resolve, reject) => asked.set(id, { missing: subscribe.length, refused: [], resolve, reject }));
  }

  /** Once every instance of a message was taken or refused. @param {string} id @param {Client.Asked} question */
  function settle(id, question) {
    if (question.missing > 0) return;
    asked.delete(id);
    question.resolve(question.refused);
  }

  /** @param {Client.Incoming} message */
  function hear(message) {
    const { type, id = "" } = message;
    const exchange = exchanges.get(id);
    const question = asked.get(id);
    if (type === "connected") {
      largest = message.message_bytes;
      tries = 0;
      updates?.take(tell);
    } else if (type === "component_stream") exchange?.begin(message);
    else if (type === "component_update" && exchange) exchange.update(message);
    else if (type === "component_update") updates?.show(pushed(message), message.cursor);
    else if (type === "ack" && exchanges.delete(id)) exchange?.done();
    else if (type === "error" && exchanges.delete(id)) exchange?.fail(message);
    else if (type === "subscribed" && question) question.missing -= message.instances.length;
    else if (type === "error" && question) {
      question.refused.push(message);
      question.missing--;
    } else if (type === "error" && message.component_id) updates?.show(refusal(message, message.component_id));
    else if (type === "resync") updates?.hear({ say: "resync", page });
    else if (type === "stale" || type === "current") updates?.hear({ say: "health", health: type });
    if (question) settle(id, question);
  }

  /** @param {number} code */
  function lost(code) {
    const wasOpen = largest > 0;
    largest = 0;
    for (const exchange of exchanges.values()) exchange.lost();
    exchanges.clear();
    for (const { reject } of asked.values()) reject(new Error("the socket was lost"));
    asked.clear();
    if (code === SIGNED_OUT) updates?.hear({ say: "closed", code: "unauthenticated" });
    // Until there is a socket again, the page is told over HTTP.
    else if (wasOpen) updates?.take();
    if (FOR_GOOD.has(code)) return;
    const pause = Math.min(LONGEST_MS, WAIT_MS * 2 ** tries++) * (0.5 + Math.random() / 2);
    setTimeout(connect, pause);
  }

  function connect() {
    const url = new URL(/** @type {string} */ (address), location.href);
    url.protocol = url.protocol.replace("http", "ws");
    socket = new WebSocket(url);
    socket.onmessage = ({ data }) => hear(JSON.parse(data));
    socket.onclose = ({ code }) => lost(code);
  }

  htmx.registerExtension("hydrant-socket", {
    /** @param {Element} _sender @param {Client.Detail} detail */
    htmx_before_request(_sender, { ctx }) {
      if (!fits(ctx)) return;
      const { action, body, headers } = ctx.request;
      const url = new URL(action, location.href);
      const [component = "", event = ""] = url.pathname.split("/").slice(-2);
      const id = headers["Idempotency-Key"] ?? "";
      const fields = fieldsOf(body);
      const state = `${fields.get("state")}`;
      for (const [name, value] of fieldsOf(url.searchParams)) fields.set(name, value);
      fields.delete("state");
      const payload = Object.fromEntries(fields);
      const root = /** @type {Client.Call} */ (ctx.hydrant).root.id;
      const text = JSON.stringify({
        type: "component_event",
        component,
        component_id: root,
        event,
        payload,
        state,
        id,
      });
      if (text.length * 3 > largest && encoder.encode(text).length > largest) return;
      const overHttp = ctx.fetch ?? fetch;
      ctx.fetch = (to, options) => {
        if (!isOpen()) return overHttp(to, options);
        const exchange = exchangeFor(ctx, () => overHttp(to, options));
        exchanges.set(id, exchange);
        socket?.send(text);
        options?.signal?.addEventListener("abort", () => exchange.lost());
        return exchange.response;
      };
    },
  });

  // Scripts run before the page is there; the connection is made once it is.
  document.addEventListener("DOMContentLoaded", connect);
})();
