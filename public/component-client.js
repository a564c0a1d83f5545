/**
 * Hydrant in the browser: one htmx 4 extension. Load it right after htmx, in the head and without `defer`.
 * It sends every event with the newest seal of its instance, keeps late and foreign answers off the page, and lets the
 * morph leave alone what the person typed, ticked, opened, scrolled and focused.
 */
(() => {
  const { htmx, trustedTypes } = /** @type {Client.Page} */ (/** @type {unknown} */ (window));
  const ROOT = "[data-component],[data-lazy]";
  const FIELDS = "input:not([type=hidden],[type=file]),textarea,select";
  /** A component's answer: partials, or a root as `root()` writes it, and never a whole page. */
  const ANSWER = /^\s*<(hx-partial[\s>]|(?!html|head|body|title)[a-z][\s\S]* id="[^"]+" data-component=")/i;
  /** Attributes htmx reads for each request. Changing any other `hx-` attribute has to set the element up again. */
  const READ_ANEW = /^hx-(?!trigger|on|boost|sse|ws|live|preload|ignore)/;
  const VERB = /^hx-(get|post|put|patch|delete|query|action)/;
  const TEXTS = {
    network: "There was no answer. Please check the connection and try again.",
    unexpected: "Something unexpected came back. Nothing you typed is lost.",
  };
  /** Queues by instance id: they outlive a root that is replaced while requests wait. @type {Map<string, object>} */
  const queues = new Map();
  /** Number of the call whose answer an instance shows. @type {Map<string, number>} */
  const shown = new Map();
  /** Whether the server said "open", by details and dialog element. @type {WeakMap<Element, boolean>} */
  const opened = new WeakMap();
  let calls = 0;
  // Of the swap under way: what had the focus, whether a new state meets old input, what to do when it is in the page.
  let focused = document.activeElement;
  let stale = false;
  const afterMorph = /** @type {(() => void)[]} */ ([]);

  /** The instance whose events an element sends: that around it, or the one that wrote the slot. @param {Element | null} [element] */
  function ownerOf(element) {
    const at = element?.closest(`${ROOT},[data-slot]`) ?? null;
    return at?.hasAttribute("data-slot") ? document.getElementById(at.getAttribute("data-owner") ?? "") : at;
  }

  /** The element on the page now: a root may have been replaced since. @param {Element} element */
  const live = (element) => (element.isConnected ? element : document.getElementById(element.id));
  /** First match that belongs to this instance and not to one inside it. @param {Element} root @param {string} selector */
  const own = (root, selector) => [...root.querySelectorAll(selector)].find((found) => ownerOf(found) === root);

  /**
   * All requests of an instance wait in one queue: also when the root is another element by now, and when the sender was
   * taken off the page while it waited, where htmx would find no `hx-sync` and let it run beside the others.
   * @param {Client.Powered} root @param {Client.Powered} [sender]
   */
  function shareQueue(root, sender) {
    const rq = queues.get(root.id) ?? root._htmx_state?.rq;
    if (!rq) return;
    queues.set(root.id, rq);
    for (const one of sender && !sender.hasAttribute("hx-sync") ? [root, sender] : [root])
      one._htmx_state = Object.assign(one._htmx_state ?? {}, { rq });
  }

  /** @param {Client.Field} field */
  const ticks = ({ type }) => type === "checkbox" || type === "radio";
  /** What a field holds. @param {Client.Field} field @param {"selected" | "defaultSelected"} [how] */
  const held = (field, how = "selected") =>
    field.options
      ? [...field.options].flatMap((one) => (one[how] ? one.value : [])).join("\0")
      : field[ticks(field) ? "checked" : "value"];
  /** What the server's HTML says it holds. @param {Client.Field} field */
  const said = (field) =>
    field.options ? held(field, "defaultSelected") : field[ticks(field) ? "defaultChecked" : "defaultValue"];

  /** @param {Client.Field} field @param {string | boolean} value */
  function put(field, value) {
    if (held(field) === value) return;
    if (field.options) for (const one of field.options) one.selected = `${value}`.split("\0").includes(one.value);
    else if (ticks(field)) field.checked = !!value;
    else field.value = `${value}`;
  }

  /**
   * Fields an event is finished with once it is answered: all of a submitted form, or the box, radio group or select that
   * sent itself. If the person did not touch them again, they then show what the server says, as after a page load.
   * @param {Element} sender @param {Event | null} event @returns {Client.Call["sent"]}
   */
  function sentFields(sender, event) {
    const { name } = /** @type {Client.Field} */ (sender);
    const fields = /** @type {NodeListOf<Client.Field>} */ ((ownerOf(sender) ?? sender).querySelectorAll(FIELDS));
    const sent = [...fields].filter((one) =>
      event?.type === "submit" ? one.form === sender : name && one.name === name && (one.options || ticks(one)),
    );
    return new Map(sent.map((one) => [one, held(one)]));
  }

  /**
   * Before a field is morphed: it keeps what the person made of it, unless the server now says something else than it
   * said before. Not even then is it changed while somebody types in it, or when the answer began the instance anew.
   * @param {Client.Field} field @param {Client.Field} fresh
   */
  function mindField(field, fresh) {
    const value = held(field);
    const typing = field === document.activeElement && !field.options && !ticks(field);
    const same = field.name === fresh.name && field.type === fresh.type;
    const keep = same && (said(field) === said(fresh) || typing || (stale && value !== said(field)));
    if (field.options) afterMorph.push(() => put(field, keep ? value : said(field)));
    else if (!keep) put(field, said(fresh));
    else if (!ticks(field)) {
      // Once set by hand a value no longer follows its attribute. A half-typed number would be lost by that.
      if (!field.validity.badInput) field.value = `${value}`;
      field.defaultValue = fresh.defaultValue;
    }
  }

  /**
   * A morph that changes an `hx-` attribute makes htmx tear down the element and all below it: streams end, delays are
   * lost, `load` fires again. Most are read anew for each request, so they are brought up to date before htmx compares.
   * What htmx itself put on an element for a running request stays until that ends.
   * @param {Client.Powered} element @param {Element} fresh
   */
  function mindHtmx(element, fresh) {
    for (const { name, value } of fresh.attributes) if (READ_ANEW.test(name)) element.setAttribute(name, value);
    for (const name of element.getAttributeNames())
      if (READ_ANEW.test(name) && !VERB.test(name) && !fresh.hasAttribute(name)) element.removeAttribute(name);
    const state = element._htmx_state;
    if (state?.rc) fresh.classList.add(htmx.config.requestClass);
    // Where the server disables it too, htmx must not enable it at the end.
    if (state?.dc && fresh.hasAttribute("disabled")) delete state.dc;
    else if (state?.dc) fresh.setAttribute("disabled", "");
  }

  /** Where an element stands, in words that are the same in the page and in an answer. @param {Node | null} node @param {string} top @returns {string} */
  function pathOf(node, top) {
    if (!(node instanceof Element)) return top;
    if (node.id) return node.id;
    const alike = [...(node.parentNode?.children ?? [])].filter(({ tagName }) => tagName === node.tagName);
    return `${pathOf(node.parentNode, top)}>${node.tagName}${alike.indexOf(node)}`;
  }

  /** The morph knows elements by their id, so elements with a `data-key` get one. @param {ParentNode} part @param {string} top */
  function nameKeyed(part, top) {
    for (const element of part.querySelectorAll("[data-key]:not([id])"))
      element.id = `${pathOf(element.parentNode, top)}~${element.getAttribute("data-key")}`;
  }

  /** Gets a swap ready for a page somebody is using. @param {Client.Task} task */
  function prepare({ target, fragment, swapSpec: { style } }) {
    if (!(target instanceof Element)) return;
    // Stand-ins of children already on the page take the child's own tag; those of children that left, go.
    for (const standIn of fragment.querySelectorAll("[data-keep]")) {
      const child = document.getElementById(standIn.id);
      const same = target.contains(child) && /** @type {Element} */ (child?.cloneNode());
      // What is not a morph asks htmx itself to carry the child over.
      if (same) same.setAttribute(/Morph/.test(style) ? "data-keep" : "hx-preserve", "");
      standIn.replaceWith(same || "");
    }
    if (!/Morph/.test(style)) return;
    nameKeyed(target, "");
    nameKeyed(fragment, pathOf(style === "innerMorph" ? target : target.parentNode, ""));
    // `autofocus` has had its effect; htmx would move the focus there at every morph.
    for (const element of target.querySelectorAll("[autofocus]")) element.removeAttribute("autofocus");
  }

  /** Whether the page already shows something newer of the instance this swap is for. @param {Client.Task} task @param {number} order */
  function isLate({ fragment }, order) {
    const fresh = fragment.firstElementChild;
    if (!fresh?.matches("[data-component][data-rev]")) return false;
    const [rev = 0, now = 0] = [fresh, live(fresh)].map((one) => Number(one?.getAttribute("data-rev")));
    if (rev < now || (rev === now && order < (shown.get(fresh.id) ?? 0))) return true;
    shown.set(fresh.id, order);
    return false;
  }

  /** Where an instance shows errors; what has no place of its own uses that of the instance around it. @param {Element | null} root @returns {Element | null} */
  function errorPlace(root) {
    if (!root || root.hasAttribute("data-lazy")) return root;
    return own(root, "[data-component-error]") ?? errorPlace(ownerOf(root.parentElement));
  }

  /** Says that nothing usable came back. `componentTexts` in the page's htmx configuration replaces the sentences. @type {Client.Shared["fail"]} */
  function fail(root, code, text) {
    const textContent = { [code]: text, ...TEXTS, ...htmx.config.componentTexts }[code];
    const message = Object.assign(document.createElement("p"), { role: "alert", textContent });
    message.dataset.code = code;
    errorPlace(live(root))?.replaceChildren(message);
    htmx.trigger(root, "component:error", { code });
    return message;
  }

  /**
   * The element with the focus may be gone: then what has its name takes it, or the instance. After a refusal it goes to
   * the first field to mend, unless somebody is typing elsewhere by now.
   * @param {Client.Call} call @param {boolean} refused
   */
  function placeFocus({ root, sent }, refused) {
    const now = /** @type {Client.Field} */ (document.activeElement);
    const name = CSS.escape(focused?.getAttribute("name") ?? "");
    let heir = focused && now === document.body && (live(focused) ?? root.querySelector(`[name="${name}"]`) ?? root);
    if (heir === root && !root.hasAttribute("tabindex")) root.setAttribute("tabindex", "-1");
    if (refused && !(now?.matches(FIELDS) && sent.get(now) !== held(now)))
      heir = own(root, '[aria-invalid="true"]') ?? heir;
    if (heir) /** @type {HTMLElement} */ (heir).focus({ preventScroll: !refused });
  }

  htmx.hydrant = { ownerOf, live, fail, held, said, put };
  htmx.registerExtension("hydrant", {
    /** A page that requires Trusted Types lists the policy `hydrant`. @param {{ initSecurity(policy: object): void }} api */
    init(api) {
      const as = (/** @type {string} */ text) => text;
      if (trustedTypes) api.initSecurity(trustedTypes.createPolicy("hydrant", { createHTML: as, createScript: as }));
    },
    /** The moment of the intent, before it waits in the queue. @param {Client.Powered} sender @param {Client.Detail} detail */
    htmx_config_request(sender, { ctx }) {
      const root = ownerOf(sender);
      if (!root) return;
      const { method, headers, body } = ctx.request;
      // A boosted link inherits the component as its target, but leads to a page.
      if (sender._htmx?.boosted && ctx.target === root) ctx.target = document.body;
      // Addresses end up in logs and in the history; seals must not.
      if (/GET|DELETE/.test(method)) /** @type {FormData} */ (body).delete("state");
      // `randomUUID` is missing on plain http.
      if (method === "POST") headers["Idempotency-Key"] ??= crypto.getRandomValues(new Uint32Array(4)).join("-");
      shareQueue(root, sender);
      ctx.hydrant = { root, guarded: ctx.target === root, sent: sentFields(sender, ctx.sourceEvent), order: 0 };
    },
    /** The request's turn has come: its body was made when it was queued, with the seal of that time. @param {Element} _sender @param {Client.Detail} detail */
    htmx_before_request(_sender, { ctx }) {
      const call = ctx.hydrant;
      if (!call) return;
      const root = live(call.root);
      if (!root) return false; // The instance was taken off the page meanwhile.
      call.root = root;
      call.order = ++calls;
      shareQueue(root);
      const body = /** @type {FormData | null} */ (ctx.request.body);
      const seal = JSON.parse(root.getAttribute("hx-vals:inherited") || "{}").state;
      if (body && seal && (call.guarded || body.has("state"))) body.set("state", seal);
      if (!ctx.isPush && !root.hasAttribute("data-lazy")) errorPlace(root)?.replaceChildren();
    },
    /** The last moment before htmx parses a body: what did not come from a component stops here. @param {Element} _sender @param {Client.Detail} detail */
    htmx_after_request(_sender, { ctx }) {
      const call = ctx.hydrant;
      if (!call?.guarded) return;
      ctx.target = live(call.root) ?? ctx.target;
      const { text = "", hx, response, isPush } = ctx;
      if (hx.redirect || hx.location || hx.refresh || response?.status === 204) return;
      const isHtml = /^text\/html/i.test(response?.headers.get("Content-Type") ?? "");
      if (text.trim() === "" ? hx.reswap === "delete" : isHtml && ANSWER.test(text)) return;
      if (!isPush && isHtml && response?.raw.redirected) location.assign(response.raw.url);
      else if (!isPush) fail(call.root, "unexpected");
      return false;
    },
    /** htmx could not finish: no answer, a timeout, or a swap that threw. @param {Element} _sender @param {Client.Detail} detail */
    htmx_error(_sender, { ctx }) {
      if (ctx?.hydrant && !ctx.isPush) fail(ctx.hydrant.root, ctx.text === undefined ? "network" : "unexpected");
    },
    /** Decides which parts of an answer go into the page. @param {Element} _sender @param {Client.SwapDetail} detail */
    htmx_before_swap(_sender, { ctx, tasks }) {
      const call = ctx.hydrant;
      focused = document.activeElement;
      stale = ctx.isPush || ctx.response?.status === 409;
      const late = tasks.filter((task) => isLate(task, call?.order ?? 0));
      const main = tasks.find(({ type }) => type === "main");
      if (call) call.late = main && late.includes(main);
      // A late answer must not change the address either.
      if (call?.late) ctx.hx = { trigger: ctx.hx.trigger };
      const first = (/** @type {Client.Task} */ { fragment }) => fragment.firstElementChild;
      const errors = call ? tasks.filter((task) => first(task)?.matches("[data-error-id]")) : [];
      if (call && errors[0]) {
        // The selector of an error also finds the places of instances inside this one, or none.
        errors[0].target = errorPlace(live(call.root));
        htmx.trigger(call.root, "component:error", { code: first(errors[0])?.getAttribute("data-code") });
      }
      const goes = (/** @type {Client.Task} */ task) =>
        !late.includes(task) && errors.indexOf(task) < 1 && !(call?.late && !first(task)?.matches("[data-rev]"));
      tasks.splice(0, tasks.length, ...tasks.filter(goes));
      tasks.forEach(prepare);
    },
    /** Before one element takes over another's attributes and children. @param {Client.Field} element @param {{ newNode: Client.Field }} detail */
    htmx_before_morph_node(element, { newNode }) {
      if (newNode.hasAttribute("data-keep")) return false;
      newNode.removeAttribute("autofocus");
      mindHtmx(element, newNode);
      if (element.matches("details,dialog")) {
        // They stay as the person left them until the server says otherwise.
        const open = newNode.hasAttribute("open");
        if (opened.get(element) === open) newNode.toggleAttribute("open", element.hasAttribute("open"));
        opened.set(element, open);
      }
      if (element.matches(FIELDS)) mindField(element, newNode);
    },
    /** The answer is in the page. @param {Element} _sender @param {Client.Detail} detail */
    htmx_after_swap(_sender, { ctx }) {
      const call = ctx.hydrant;
      for (const step of afterMorph.splice(0)) step();
      if (!call || call.late) return;
      call.root = live(call.root) ?? call.root;
      const over = call.late === false && ctx.response?.raw.ok ? call.sent : [];
      for (const [field, value] of over) if (call.sent.delete(field) && held(field) === value) put(field, said(field));
      placeFocus(call, ctx.response?.status === 422);
    },
    /** Remembers what the server said of elements that are new. @param {Element} element */
    htmx_after_process(element) {
      for (const one of element.querySelectorAll("details,dialog"))
        if (!opened.has(one)) opened.set(one, one.hasAttribute("open"));
    },
  });
})();
