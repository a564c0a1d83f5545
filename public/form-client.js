/**
 * Forms in the browser, beside component-client.js: one more htmx 4 extension.
 * It sends a form once and shows that it does, asks before something entered is left behind, keeps live checks out of the
 * way of everything else, and puts the focus where the person goes on.
 */
(() => {
  const { htmx } = /** @type {Client.Page} */ (/** @type {unknown} */ (window));
  const { held, said, put } = htmx.hydrant;
  const FIELDS = "input:not([type=hidden],[type=file]),textarea,select";
  const CONTROLS = ":is(input:not([type=hidden]),textarea,select,button):enabled";
  /** Events after which other things stand in the same place. */
  const MOVES = /_(row|file)$/;
  /** Milliseconds a form stays busy after an answer that leads away, should the browser not go there after all. */
  const LEAVING_MS = 3_000;
  /** What was sent and is not answered: every event, and the checks whose turn it is. @type {Set<Client.Context>} */
  const underWay = new Set();
  /** Checks, also those that wait for their turn. @type {Set<Client.Context>} */
  const checks = new Set();
  /** Wakes the checks that wait. @type {Set<(value?: unknown) => void>} */
  const sleepers = new Set();
  /** What each control asked last. @type {WeakMap<Element, { asked: string, ctx: Client.Context }>} */
  const lastAsked = new WeakMap();
  /** What each form is being sent with. @type {WeakMap<Element, Client.FormCall>} */
  const busy = new WeakMap();
  /** Forms somebody entered something in; true once an answer repeated some of it, so that it shows no difference. @type {WeakMap<Element, boolean>} */
  const entered = new WeakMap();
  /** Whether a button or a finger is down. What moves away under it is not clicked, so nothing is checked meanwhile. */
  let isPressing = false;
  /** Controls that were left by pressing something else. @type {Set<Element>} */
  const left = new Set();
  /** @type {Client.Api} */
  let api;

  /** @param {HTMLFormElement} form */
  const controls = (form) => /** @type {Client.Field[]} */ ([...form.elements]);
  /** @param {HTMLFormElement} form */
  const holdings = (form) =>
    new Map(controls(form).flatMap((one) => (one.matches(FIELDS) ? [/** @type {const} */ ([one, held(one)])] : [])));

  /** @param {HTMLFormElement} form */
  function isUnsent(form) {
    const isNew = [...holdings(form)].some(([one, value]) => one.name && value !== said(one));
    const hasFiles = controls(form).some((one) => one.files?.length);
    return form.hasAttribute("data-unsent") || entered.get(form) || (entered.has(form) && (isNew || hasFiles));
  }

  const unsentForms = () =>
    /** @type {HTMLFormElement[]} */ ([...document.querySelectorAll("form[data-guard]")]).filter(isUnsent);

  /** It was accepted, or the browser itself sends it. @param {HTMLFormElement} form @param {boolean} [isChanged] since then */
  function letGo(form, isChanged) {
    form.removeAttribute("data-unsent");
    entered[isChanged ? "set" : "delete"](form, false);
  }

  /** The server took what was sent. @param {Client.Context} ctx */
  function accept({ form: call, response }) {
    if (!call || !response?.raw.ok) return;
    const isChanged = [...call.sent].some(([one, value]) => held(one) !== value);
    if (call.isSubmit) letGo(call.form, isChanged);
    else if (isUnsent(call.form)) entered.set(call.form, true);
  }

  /** Whether the person stays, asked before something else takes the place of what was entered. @param {Client.Context} ctx */
  function stays({ request: { method }, target, swap, hydrant }) {
    if (method !== "GET" || hydrant?.guarded || !/^(inner|outer|text|delete)/.test(swap)) return false;
    const { componentTexts = {} } = /** @type {{ componentTexts?: { leave?: string } }} */ (htmx.config);
    const { leave = "Leave without sending what you entered?" } = componentTexts;
    return unsentForms().some((form) => target?.contains(form)) && !confirm(leave);
  }

  /** @param {Element | undefined} button @param {boolean} isBusy */
  function mark(button, isBusy) {
    for (const name of ["aria-busy", "aria-disabled"])
      button?.[isBusy ? "setAttribute" : "removeAttribute"](name, "true");
  }

  /** @param {Client.FormCall} call @param {Client.Field | null} [submitter] */
  function begin(call, submitter) {
    const { form, sender, isSubmit } = call;
    const main = controls(form).find((one) => one.type === "submit" && !one.hidden && !one.hasAttribute("hx-post"));
    // Enter in a field presses a button that nobody sees.
    call.button = isSubmit ? (submitter?.hidden === false ? submitter : main) : sender;
    busy.set(form, call);
    mark(call.button, true);
  }

  /** @param {Client.FormCall} call */
  function release(call) {
    const { form, button, next } = call;
    if (busy.get(form) !== call) return;
    busy.delete(form);
    mark(button, false);
    if (next && form.isConnected) form.requestSubmit(next.by?.form === form ? next.by : null);
  }

  /** The newest seal of the instance. @param {Client.Context} ctx */
  const sealOf = ({ hydrant }) =>
    JSON.parse(document.getElementById(`${hydrant?.root.id}`)?.getAttribute("hx-vals:inherited") || "{}").state;

  /** Whether nothing else of the instance is under way. @param {Client.Context} ctx */
  const isAlone = (ctx) =>
    [...underWay].every((other) => other === ctx || other.hydrant?.root.id !== ctx.hydrant?.root.id);

  /**
   * A check has a queue of its own, so that nothing waits for it. But of two answers to one state the second undoes the
   * first. So it waits for its turn, and asks again where something else was sent or answered meanwhile.
   * @param {Client.Context} ctx @param {Client.FormCall} call @returns {typeof fetch}
   */
  const ask = (ctx, call) => async (url, init) => {
    const { request } = ctx;
    const { body, headers, signal, timeout = htmx.config.defaultTimeout } = request;
    const most = htmx.parseInterval(/** @type {string} */ (timeout));
    const wait = () => new Promise((wake) => sleepers.add(wake) && signal.addEventListener("abort", wake));
    checks.add(ctx);
    // Where other answers keep coming first, it is asked so many times.
    for (let tries = 4; ; tries--) {
      clearTimeout(ctx.requestTimeout);
      while (!isAlone(ctx) && !signal.aborted) await wait();
      const seal = sealOf(ctx);
      if (!seal || !call.sender.isConnected) request.abort(); // There is nothing left to be asked about.
      signal.throwIfAborted();
      underWay.add(ctx);
      if (most) ctx.requestTimeout = window.setTimeout(() => request.abort("timeout"), most);
      // It waited, and asks about the fields as they are now.
      for (const { name } of [...call.sent.keys(), ...controls(call.form)]) body.delete(name);
      for (const [name, value] of new FormData(call.form)) if (!(value instanceof File)) body.append(name, value);
      body.set("state", seal);
      call.sent = holdings(call.form);
      headers["Idempotency-Key"] = crypto.getRandomValues(new Uint32Array(4)).join("-");
      const answer = await fetch(url, init);
      while (isPressing && !signal.aborted) await wait();
      if ((isAlone(ctx) && sealOf(ctx) === seal) || tries === 1) return answer;
      underWay.delete(ctx);
    }
  };
  const wakeAll = () => [...sleepers].map((wake) => wake(sleepers.delete(wake)));

  /** Buttons that send an event about the field a call is about. @param {Client.FormCall} call @param {string} event */
  const buttonsFor = ({ form, field }, event) =>
    controls(form).filter((one) => {
      const { pathname, searchParams } = new URL(one.getAttribute("hx-post") ?? "", location.href);
      return !one.disabled && pathname.endsWith(`/${event}`) && searchParams.get("_field") === field;
    });

  /** @param {Client.FormCall} call @param {number} row */
  const controlsIn = ({ form, field }, row) =>
    controls(form).filter((one) => one.name?.startsWith(`${field}[${row}]`) && one.type !== "hidden" && !one.disabled);

  /** @param {Client.FormCall} call */
  function countRows({ form, field }) {
    const names = controls(form).filter((one) => one.name?.startsWith(`${field}[`));
    return new Set(names.map(({ name }) => name.slice(field.length).split("]")[0])).size;
  }

  /** A new row is there to be filled in; after something that was taken away its neighbour is next. @param {Client.FormCall} call */
  function goOn(call) {
    const { form, sender, event, field, active, place, rows } = call;
    if (active !== sender && active !== document.body) return;
    const count = countRows(call);
    if (event === "add_row") return count > rows && controlsIn(call, count - 1)[0]?.focus();
    if (document.activeElement === sender && !sender.disabled) return;
    const alike = buttonsFor(call, event);
    const row = controlsIn(call, Math.min(place, count - 1));
    const rest = controls(form).filter((one) => one.name === field || (one.matches(FIELDS) && !one.disabled));
    const heirs = [alike[place], alike.at(-1), ...row, ...buttonsFor(call, "add_row"), ...rest];
    heirs.find(Boolean)?.focus();
  }

  htmx.registerExtension("hydrant-forms", {
    /** @param {Client.Api} internal */
    init(internal) {
      api = internal;
      // A field says that it is being checked, and not whenever its form is busy.
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(".htmx-request[data-field]>[data-field-pending]{display:inline!important}");
      document.adoptedStyleSheets.push(sheet);
    },
    /** @param {Client.Field} sender @param {Client.Detail} detail */
    htmx_config_request(sender, { ctx }) {
      if (stays(ctx)) return false;
      const { action, form, submitter } = ctx.request;
      if (!ctx.hydrant || !form?.matches("[data-form]")) return;
      const { pathname, searchParams } = new URL(action, location.href);
      const event = pathname.slice(pathname.lastIndexOf("/") + 1);
      const field = searchParams.get("_field") ?? "";
      const isSubmit = /** @type {Element} */ (sender) === form;
      const isOnce = isSubmit ? ctx.sourceEvent?.type === "submit" : sender.type === "submit";
      /** @type {Client.FormCall} */
      const call = { form, sender, event, field, isSubmit, isOnce, sent: holdings(form), place: 0, rows: 0 };
      Object.assign(call, { place: buttonsFor(call, event).indexOf(sender), rows: countRows(call) });
      const first = isOnce && busy.get(form);
      // Sent now, it would not have the row that is on its way.
      if (first && isSubmit && !first.isSubmit) first.next = { by: submitter };
      if (first) return false;
      if (event === "field_change") {
        if (isPressing) return left.add(sender) && false;
        // Leaving a field is a change, and the pause before was one.
        const asked = JSON.stringify([...call.sent.values()]);
        if (lastAsked.get(sender)?.asked === asked) return false;
        lastAsked.set(sender, { asked, ctx });
      }
      ctx.form = call;
      // Where it may wait it counts from now; where it might be dropped, it would count for ever.
      if (isOnce && /queue all\s*$/.test(api.attributeValue(sender, "hx-sync") ?? "")) begin(call, submitter);
    },
    /** @param {Element} _sender @param {Client.Detail} detail */
    htmx_before_request(_sender, { ctx }) {
      const { form: call, request } = ctx;
      if (call?.event === "field_change") ctx.fetch = ask(ctx, call);
      else if (ctx.hydrant && request.method === "POST") underWay.add(ctx);
      if (call?.isOnce && !busy.has(call.form)) begin(call, request.submitter);
    },
    /** @param {Element} _sender @param {Client.Detail} detail */
    htmx_after_request: (_sender, { ctx }) => accept(ctx),
    /** A stream has no moment at which all of the answer is there. @param {Element} _sender @param {Client.Detail} detail */
    htmx_before_response(_sender, { ctx }) {
      if (ctx.response?.headers.has("Hydrant-Stream")) accept(ctx);
    },
    /** @param {Element} _sender @param {Client.Detail} detail */
    htmx_before_swap(_sender, { ctx: { form: call } }) {
      if (call) Object.assign(call, { now: holdings(call.form), active: document.activeElement });
    },
    /** @param {Client.Field} element @param {{ newNode: Element }} detail */
    htmx_before_morph_node(element, { newNode }) {
      if (element.form && busy.get(element.form)?.button === element) mark(newNode, true);
    },
    /** @param {Element} _sender @param {Client.Detail} detail */
    htmx_after_swap(_sender, { ctx: { form: call, hydrant, response } }) {
      if (!call || hydrant?.late) return;
      const isMoved = response?.raw.ok && MOVES.test(call.event);
      for (const [field, value] of call.sent) {
        const now = call.now?.get(field) ?? value;
        // The server repeats what was sent; what was entered after that is newer.
        if (now !== value && said(field) === value) put(field, now);
        // Rows moved up, and with them what they hold.
        if (now === value && isMoved && field.name.startsWith(`${call.field}[`)) put(field, said(field));
      }
      if (isMoved) goOn(call);
    },
    /** @param {Element} sender @param {Client.Detail} detail */
    htmx_finally_request(sender, { ctx }) {
      const { form: call, response } = ctx;
      underWay.delete(ctx);
      checks.delete(ctx);
      if (ctx.status !== "swapped" && lastAsked.get(sender)?.ctx === ctx) lastAsked.delete(sender);
      // What was accepted is not checked any more.
      if (call?.isSubmit && response?.raw.ok)
        for (const { form: check, request } of checks) if (check?.form === call.form) request.abort();
      if (call && ctx.keepIndicators && !ctx.hx.location) setTimeout(() => release(call), LEAVING_MS);
      else if (call) release(call);
      wakeAll();
    },
  });

  addEventListener("pointerdown", ({ target }) => {
    isPressing = !!(/** @type {Element} */ (target).closest("a,button,label,summary,input"));
  });
  const letUp = () => {
    isPressing = false;
    for (const one of left) if (left.delete(one) && one.isConnected) htmx.trigger(one, "change", {}, false);
    wakeAll();
  };
  // The click comes before that. Of some presses the browser does not tell the end, but who types has let go.
  for (const type of ["pointerup", "pointercancel", "keydown"]) addEventListener(type, () => setTimeout(letUp));
  for (const type of ["input", "change"])
    document.addEventListener(type, ({ target }) => {
      const { form } = /** @type {Client.Field} */ (target);
      if (form && !entered.has(form)) entered.set(form, false);
    });
  // Behind htmx, which prevents what it sends itself.
  addEventListener("submit", (event) => event.defaultPrevented || letGo(/** @type {HTMLFormElement} */ (event.target)));
  addEventListener("beforeunload", (event) => unsentForms().length > 0 && event.preventDefault());
  // A link to a field leads into it, and to what was chosen of several.
  document.addEventListener("click", (event) => {
    const link = /** @type {Element} */ (event.target).closest("[data-form-errors] a[href^='#']");
    const id = decodeURIComponent(link?.getAttribute("href") ?? "").slice(1);
    const place = document.getElementById(id) ?? document.getElementById(`${id}-error`)?.closest("[data-field]");
    const control = place?.matches(CONTROLS) ? place : place?.querySelector(CONTROLS);
    const chosen = control?.matches("[type=radio]") && control.closest("fieldset")?.querySelector(":checked");
    if (!link || !control) return;
    event.preventDefault();
    /** @type {HTMLElement} */ (chosen || control).focus();
  });
})();
