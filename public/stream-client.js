/**
 * Streams in the browser, between component-client.js and htmx's hx-sse: one more htmx 4 extension. Load it before hx-sse.
 * It marks an instance while its handler streams, stops that on request, carries out how it ends, and sees to it that a
 * stream that was cut goes on, is sent again or is shown as interrupted, but never as done.
 */
(() => {
  const { htmx } = /** @type {Client.Page} */ (/** @type {unknown} */ (window));
  const { live, ownerOf, fail } = htmx.hydrant;
  const TEXTS = { interrupted: "This was interrupted.", resume: "Continue", restart: "Start again" };
  /** How often the rest of a stream is asked for, and milliseconds before the second time. */
  const TRIES = 5;
  const WAIT_MS = 1_000;
  /** The server shows a sign of life every 15 seconds; where three are missing nobody is there. */
  const SILENCE_MS = 45_000;
  /** @type {Set<Client.Stream>} */
  const streams = new Set();

  /** The stream that a request is answered with. @param {AbortSignal | undefined} signal of the request */
  const streamOf = (signal) => [...streams].find(({ ctx }) => ctx.request.signal === signal);
  /** @param {Client.Stream} stream */
  const rootOf = ({ call }) => live(call.root) ?? call.root;
  /** @param {Client.Stream} stream */
  function addressOf({ ticket }) {
    const meta = document.querySelector("meta[name=hydrant-live]")?.getAttribute("content") ?? "";
    return `${meta.split("/_live")[0]}/_streams/${ticket}`;
  }

  /** Marks an instance for stylesheets and screen readers, or takes that back. @param {Element} root */
  function mark(root) {
    const isRunning = [...streams].some(({ call }) => call.root.id === root.id);
    root.toggleAttribute("data-streaming", isRunning);
    root[isRunning ? "setAttribute" : "removeAttribute"]("aria-busy", "true");
  }

  /** Whether a handler answers bit by bit; then its stream takes over its name. @param {Client.Stream} stream @param {Response} answer */
  function begins(stream, answer) {
    const [mode, ticket] = (answer.headers.get("Hydrant-Stream") ?? "").split(" ");
    if (answer.ok && mode && ticket) return Object.assign(stream, { mode, ticket });
  }

  /** The rest of a stream that was cut, where there is one. @param {Client.Stream} stream @returns {Promise<Response | undefined>} */
  async function rest(stream) {
    const { ctx, mode, last } = stream;
    const { signal, headers, action, body } = ctx.request;
    const until = (/** @type {(wake: () => void) => void} */ begin) =>
      new Promise((/** @type {(value?: unknown) => void} */ wake) => {
        signal.addEventListener("abort", wake);
        begin(wake);
      });
    const isLeft = () => (mode === "resume" ? stream.tries < TRIES : mode === "restart" && !stream.isSecond);
    while (isLeft()) {
      const wait = WAIT_MS * (2 ** stream.tries++ - 0.5) * Math.random();
      await until((wake) => setTimeout(wake, wait));
      if (!navigator.onLine) await until((wake) => addEventListener("online", wake, { once: true }));
      if (signal.aborted) return;
      stream.isSecond = mode === "restart";
      if (stream.isSecond) {
        headers["Idempotency-Key"] = crypto.getRandomValues(new Uint32Array(4)).join("-");
        body.set("state", JSON.parse(rootOf(stream).getAttribute("hx-vals:inherited") ?? "{}").state);
      }
      const asked = stream.isSecond
        ? (ctx.fetch ?? fetch)(action, /** @type {RequestInit} */ (ctx.request))
        : fetch(`${addressOf(stream)}?after=${last}`, { headers, signal });
      const answer = await asked.catch(() => undefined); // No answer is one more reason to try again.
      if (answer && begins(stream, answer)) {
        if (stream.isSecond) stream.last = 0;
        return answer;
      }
      // Too many at once, or a node that stops: the next one may still have it.
      stream.isGone = !!answer && answer.status < 500 && answer.status !== 429;
      if (stream.isGone) return;
    }
  }

  /** Messages as they come, each as a whole. @param {Response} answer @returns {AsyncGenerator<string, void>} */
  async function* messagesOf({ body }) {
    const reader = /** @type {ReadableStream<Uint8Array>} */ (body).getReader();
    const decoder = new TextDecoder();
    for (let begun = ""; ; ) {
      const timer = setTimeout(() => reader.cancel(), SILENCE_MS);
      const { value } = await reader.read().finally(() => clearTimeout(timer));
      if (!value) return;
      const parts = (begun + decoder.decode(value, { stream: true })).split("\n\n");
      begun = parts.pop() ?? "";
      yield* parts;
    }
  }

  /** All of a stream through however many connections, nothing twice. @param {Client.Stream} stream @param {Response} answer @returns {AsyncGenerator<string, void>} */
  async function* all(stream, answer) {
    const { signal } = stream.ctx.request;
    let farewell = "";
    for (let part = /** @type {Response | undefined} */ (answer); part; part = await rest(stream)) {
      try {
        for await (const message of messagesOf(part)) {
          const isEnd = /^event: ?component:/m.test(message);
          const id = Number(/^id: ?(\d+)$/m.exec(message)?.[1] ?? 0);
          if (!isEnd && id && id <= stream.last) continue;
          if (id) Object.assign(stream, { last: id, tries: 0 });
          stream.isOver ||= isEnd;
          // With its root the request is gone, and nothing more is read: what takes that away comes last.
          if (message.includes(`data: <hx-partial hx-target="#${stream.call.root.id}" hx-swap="delete">`)) {
            farewell = `${message}\n\n`;
            continue;
          }
          const [, event = "", data = ""] = /^event: ?component:(\w+)\ndata: ?(.*)$/m.exec(message) ?? [];
          if (farewell && event) await end(stream, event, data);
          else yield `${message}\n\n`;
        }
      } catch (error) {
        if (signal.aborted) throw error;
        // The connection is gone, and there may be a rest.
      }
      if (farewell) yield farewell;
      if (farewell || stream.isOver || signal.aborted) return;
    }
    stream.isCut = !signal.aborted;
  }

  /** hx-sse reads this in place of the answer, so the request keeps its turn until the stream is over. @param {Client.Stream} stream @param {Response} answer */
  function follow(stream, answer) {
    const { ctx } = stream;
    const root = /** @type {Client.Powered} */ (rootOf(stream));
    streams.add(stream);
    mark(root);
    // The first frame may take the button off the page, and hx-sse would leave with it.
    if (root.isConnected && !root._htmx?.sse) ctx.sourceElement = root;
    // The address changes once, at the end.
    ctx.push = ctx.replace = false;
    const messages = all(stream, answer);
    const encoder = new TextEncoder();
    const body = new ReadableStream(
      {
        async pull(controller) {
          const { value, done } = await messages.next();
          if (done) controller.close();
          else controller.enqueue(encoder.encode(value));
        },
      },
      { highWaterMark: 0 },
    );
    return new Response(body, { headers: answer.headers });
  }

  /** @param {Client.Stream} stream @param {{ push_url?: string, replace_url?: string, trigger?: object }} effects */
  function finish({ ctx, source, push, replace }, { push_url, replace_url, trigger }) {
    Object.assign(ctx, { push, replace, text: "", swap: "none swapEmpty:false" });
    Object.assign(ctx.hx, { pushurl: push_url, replaceurl: replace_url, trigger: JSON.stringify(trigger ?? {}) });
    if (source.isConnected) ctx.sourceElement = source;
    return htmx.swap(/** @type {Client.Swap} */ (/** @type {unknown} */ (ctx)));
  }

  /** Of this site, as the server said. @param {Client.Stream} stream @param {string} path */
  function leave({ ctx }, path) {
    const { origin, href } = new URL(path, location.href);
    if (origin !== location.origin) return;
    ctx.keepIndicators = true;
    location.assign(href);
  }

  /** Carries out how it ends. @param {Client.Stream} stream @param {string} event @param {string} data */
  async function end(stream, event, data) {
    if (event === "done") await finish(stream, JSON.parse(data));
    if (event === "redirect") leave(stream, data);
  }

  /** Says that the end is missing, with a button for what can be done about it. @param {Client.Stream} stream */
  function interrupt(stream) {
    const { mode, isGone, event, last } = stream;
    const root = /** @type {HTMLElement} */ (rootOf(stream));
    const how = mode === "resume" && !isGone ? "resume" : "restart";
    const texts = { ...TEXTS, ...htmx.config.componentTexts };
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: texts[how] });
    const { "Idempotency-Key": _used, ...headers } = event.headers;
    // Nobody fills in a form by this, so it is not checked as one.
    const options = { source: root, event: { submitter: { formNoValidate: true } }, confirm: undefined, cut: stream };
    button.addEventListener("click", () => {
      if (!root.hasAttribute("tabindex")) root.setAttribute("tabindex", "-1");
      root.focus({ preventScroll: true });
      if (how === "resume") htmx.ajax("GET", `${addressOf(stream)}?after=${last}`, /** @type {object} */ (options));
      else htmx.ajax("POST", event.action, /** @type {object} */ ({ ...options, headers }));
    });
    fail(root, "interrupted", TEXTS.interrupted).append(" ", button);
  }

  /** @type {Client.Extension} */
  const extension = {
    htmx_config_request(_sender, { ctx: { cut, request } }) {
      // All that stands in the instance was collected, and none of it is asked for.
      if (cut) for (const name of [...request.body.keys()]) if (name !== "state") request.body.delete(name);
    },
    htmx_before_request(_sender, { ctx: { cut, request } }) {
      if (!cut || request.method === "GET") return;
      const { body } = cut.event;
      body.set("state", /** @type {string} */ (request.body.get("state")));
      request.body = body;
    },
    /** Before hx-sse takes it. */
    htmx_before_response(source, { ctx }) {
      const { hydrant: call, response, request, cut, push, replace } = ctx;
      if (!call || !response) return;
      /** @type {Client.Stream} */
      const stream = { ctx, call, source, push, replace, event: request, mode: "", ticket: "", last: 0, tries: 0 };
      if (cut && request.method === "GET") {
        const { event, last, source: first } = cut;
        Object.assign(stream, { event, last, source: first, push: cut.push, replace: cut.replace });
      }
      if (begins(stream, response.raw)) response.raw = follow(stream, response.raw);
    },
    htmx_sse_before_message(_root, { connection, message: { event, data }, waitUntil }) {
      const stream = streamOf(connection.abortController.signal);
      if (!stream) return;
      waitUntil(end(stream, event.replace("component:", ""), data));
      // The message before it has said so already.
      return event !== "component:error";
    },
    /** A message that could not be shown ends the stream. */
    htmx_sse_error(_root, { connection }) {
      const stream = streamOf(connection?.abortController.signal);
      if (stream) stream.isCut = true;
    },
    htmx_before_morph_node(element, { newNode }) {
      if (!element.hasAttribute("data-streaming")) return;
      newNode.setAttribute("data-streaming", "");
      newNode.setAttribute("aria-busy", "true");
    },
    htmx_finally_request(_sender, { ctx }) {
      const stream = streamOf(ctx.request.signal);
      if (!stream) return;
      streams.delete(stream);
      mark(rootOf(stream));
      if (stream.isCut && rootOf(stream).isConnected) interrupt(stream);
    },
  };
  const isOn = htmx.registerExtension("hydrant-streams", extension);

  // It is loaded already, or the page does not want it.
  if (/** @type {unknown} */ (isOn) === false) return;
  document.addEventListener("click", ({ target }) => {
    const button = /** @type {Element} */ (target).closest("[data-stop]");
    const root = button && ownerOf(button);
    for (const stream of streams) {
      if (stream.call.root.id !== root?.id) continue;
      const asked = fetch(addressOf(stream), { method: "DELETE" });
      asked.then(({ ok }) => ok || fail(root, "network")).catch(() => fail(root, "network"));
    }
  });
})();
