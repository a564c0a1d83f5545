/**
 * Files of forms in the browser, beside form-client.js: one more htmx 4 extension.
 * It sends files as soon as they are chosen or dropped, shows how much of them is sent, and lets the person stop it.
 */
(() => {
  const { htmx } = /** @type {Client.Page} */ (/** @type {unknown} */ (window));
  /** Hundredths that are told in words come in these steps, so that nobody has to listen to each. */
  const STEP = 20;
  const TEXTS = {
    sending: "Sending {files}: {percent} %",
    several: "{count} files",
    tooLarge: "A file may have {size} at most.",
  };
  /** Answers after which the same files need not be sent again: they are there, or will never be taken. */
  const SETTLED = [200, 413, 415, 422];
  /** Uploads, also those that wait for their turn, and the inputs they come from. @type {Map<Client.Context, Client.Field>} */
  const uploads = new Map();

  /** `componentTexts` in the page's htmx configuration replaces the sentences. @param {keyof typeof TEXTS} code @param {Record<string, unknown>} parts */
  function say(code, parts) {
    const texts = { ...TEXTS, .../** @type {{ componentTexts?: object }} */ (htmx.config).componentTexts };
    return texts[code].replace(/\{(\w+)\}/g, (_all, /** @type {string} */ name) => `${parts[name]}`);
  }

  /** As the server writes it. @param {number} bytes */
  function sizeText(bytes) {
    if (bytes >= 1e6) return `${Number((bytes / 1e6).toFixed(1))} MB`;
    return bytes >= 1e3 ? `${Math.round(bytes / 1e3)} kB` : `${bytes} bytes`;
  }

  /** Says what is wrong where the server would, or that nothing is. @param {Client.Field} input @param {string} text */
  function complain(input, text) {
    const field = input.closest("[data-field]");
    const id = `${input.id}-error`;
    document.getElementById(id)?.remove();
    const about = (input.getAttribute("aria-describedby") ?? "").split(" ").filter((one) => one !== id);
    if (text) {
      const message = Object.assign(document.createElement("p"), { id, role: "alert", textContent: text });
      message.dataset.fieldError = "";
      field?.append(message);
      about.push(id);
    }
    field?.toggleAttribute("data-invalid", !!text);
    input.setAttribute("aria-invalid", `${!!text}`);
    input.setAttribute("aria-describedby", about.join(" ").trim());
  }

  /** Whether the chosen files may be sent; where not, the field says why. @param {Client.Field} input */
  function isAllowed(input) {
    const files = [...(input.files ?? [])];
    const most = Number(input.dataset.maxBytes ?? Infinity);
    const large = files.find(({ size }) => size > most);
    const text = large ? say("tooLarge", { size: sizeText(most) }) : "";
    complain(input, large && files.length > 1 ? `${large.name}: ${text}` : text);
    if (large) input.value = "";
    return !large && files.length > 0;
  }

  /** Shows how much is sent; without a percentage it is over. @param {Client.Field} input @param {number} [percent] */
  function show(input, percent, files = "") {
    const box = input.closest("[data-field]")?.querySelector("[data-upload-progress]");
    if (!box) return;
    if (percent === undefined && box.contains(document.activeElement)) input.focus();
    box.toggleAttribute("hidden", percent === undefined);
    const bar = box.querySelector("progress");
    if (bar) bar.value = percent ?? 0;
    const told = Math.floor((percent ?? 0) / STEP) * STEP;
    const text = percent === undefined ? "" : say("sending", { files, percent: told });
    const place = box.querySelector("[data-upload-text]");
    if (place && place.textContent !== text) place.textContent = text;
  }

  /** @param {XMLHttpRequest} xhr @param {string} url */
  function responseOf(xhr, url) {
    const lines = xhr.getAllResponseHeaders().split("\r\n").filter(Boolean);
    const headers = lines.map((line) => /** @type {[string, string]} */ (line.split(/: (.*)/, 2)));
    const response = new Response(xhr.responseText || null, { status: xhr.status, headers });
    const redirected = xhr.responseURL !== new URL(url, document.baseURI).href;
    return Object.defineProperties(response, { url: { value: xhr.responseURL }, redirected: { value: redirected } });
  }

  /**
   * `fetch` does not tell how much is sent. A long upload is no late answer as long as something moves.
   * @param {Client.Context} ctx @param {Client.Field} input @returns {typeof fetch}
   */
  const transmit = (ctx, input) => (url) =>
    new Promise((resolve, reject) => {
      const { request } = ctx;
      const { method, headers, body, signal } = request;
      const most = htmx.parseInterval(/** @type {string} */ (request.timeout ?? htmx.config.defaultTimeout));
      const files = /** @type {File[]} */ (body.getAll(input.name));
      const what = files.length === 1 ? files[0]?.name : say("several", { count: files.length });
      const progress = ({ loaded = 0, total = 1 }) => {
        clearTimeout(ctx.requestTimeout);
        if (most) ctx.requestTimeout = window.setTimeout(() => request.abort("timeout"), most);
        show(input, (100 * loaded) / total, what);
      };
      if (signal.aborted) return reject(signal.reason);
      const xhr = new XMLHttpRequest();
      xhr.open(method, `${url}`);
      for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value);
      xhr.upload.onprogress = progress;
      xhr.onload = () => resolve(responseOf(xhr, `${url}`));
      xhr.onerror = () => reject(new TypeError("There was no answer."));
      xhr.onabort = () => reject(signal.reason);
      signal.addEventListener("abort", () => xhr.abort());
      progress({});
      xhr.send(body);
    });

  htmx.registerExtension("hydrant-uploads", {
    /** Files go with the upload of their own field, or with the whole form. @param {Client.Field} sender @param {Client.Detail} detail */
    htmx_config_request(sender, { ctx }) {
      const { body, form } = ctx.request;
      const isUpload = sender.matches("[data-upload]");
      if (!ctx.hydrant || !form?.matches("[data-form]")) return;
      if (isUpload && !isAllowed(sender)) return false;
      const isOnItsWay = (/** @type {string} */ name) =>
        [...uploads.values()].some((input) => input.form === form && input.name === name);
      const goes = (/** @type {string} */ name) =>
        /** @type {Element} */ (sender) === form ? !isOnItsWay(name) : isUpload && name === sender.name;
      for (const [name, value] of [...body]) if (value instanceof File && !goes(name)) body.delete(name);
      if (isUpload) uploads.set(ctx, sender);
    },
    /** @param {Element} _sender @param {Client.Detail} detail */
    htmx_before_request(_sender, { ctx }) {
      const input = uploads.get(ctx);
      if (input) ctx.fetch = transmit(ctx, input);
    },
    /** @param {Element} element */
    htmx_before_morph_node(element) {
      if (element.matches("[data-upload-progress]:not([hidden])")) return false;
    },
    /** @param {Element} sender @param {Client.Detail} detail */
    htmx_finally_request(sender, { ctx }) {
      const { form, signal } = ctx.request;
      const input = uploads.get(ctx);
      const isOver = ctx.status === "swapped" && SETTLED.includes(ctx.response?.status ?? 0);
      const isStopped = input && signal.aborted && signal.reason !== "timeout";
      uploads.delete(ctx);
      if (input) show(input);
      const sent = input ? [input] : form === sender && form?.matches("[data-form]") ? [...form.elements] : [];
      if (isOver || isStopped) for (const one of /** @type {Client.Field[]} */ (sent)) if (one.files) one.value = "";
    },
  });

  document.addEventListener("click", ({ target }) => {
    const field = /** @type {Element} */ (target).closest("[data-upload-cancel]")?.closest("[data-field]");
    for (const [{ request }, input] of uploads) if (field?.contains(input)) request.abort();
  });

  for (const type of /** @type {const} */ (["dragover", "dragleave", "drop"]))
    document.addEventListener(type, (event) => {
      const { dataTransfer, relatedTarget } = event;
      // The target may be a text.
      const place = /** @type {Element} */ (event.target).closest?.("[data-drop]");
      const input = /** @type {HTMLInputElement | null | undefined} */ (
        place?.querySelector("input[type=file]:enabled")
      );
      if (!place || !input || !dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      const isWithin = type === "dragleave" && place.contains(/** @type {Node | null} */ (relatedTarget));
      place.toggleAttribute("data-over", type === "dragover" || isWithin);
      if (type !== "drop") return;
      const chosen = new DataTransfer();
      for (const file of [...dataTransfer.files].slice(0, input.multiple ? undefined : 1)) chosen.items.add(file);
      input.files = chosen.files;
      for (const name of ["input", "change"]) input.dispatchEvent(new Event(name, { bubbles: true }));
    });
})();
