/** Types for the checks of the scripts beside it; the browser never loads this file. */
declare namespace Client {
  interface Page {
    readonly htmx: import("htmx.org").Htmx & {
      hydrant: Shared;
      /** `componentTexts` replaces the sentences that people read. */
      readonly config: { readonly componentTexts?: Readonly<Record<string, string>> };
    };
    readonly trustedTypes?: { createPolicy(name: string, rules: object): object };
  }

  /** An input, a textarea or a select. */
  interface Field extends HTMLElement {
    readonly name: string;
    readonly type: string;
    readonly form: HTMLFormElement | null;
    readonly disabled: boolean;
    readonly validity: ValidityState;
    readonly options?: HTMLOptionsCollection;
    readonly multiple: boolean;
    files?: FileList;
    value: string;
    defaultValue: string;
    checked: boolean;
    defaultChecked: boolean;
  }

  /** An element with what htmx keeps on it. */
  type Powered = Element & {
    _htmx?: { boosted?: unknown; sse?: object };
    _htmx_state?: { rq?: object; rc?: number; dc?: number };
  };

  /** One request of an instance. */
  interface Call {
    /** Of the instance whose event it is. */
    root: Element;
    /** Whether the answer goes into the root, so that nothing but a component's answer may. */
    readonly guarded: boolean;
    /** Fields the event is about, as they were sent; those an answer has dealt with are taken out, for there may be more frames. */
    readonly sent: Map<Field, string | boolean>;
    /** Later calls have higher numbers. */
    order: number;
    /** Whether the page showed something newer when the answer came; `undefined` where that was no whole instance. */
    late?: boolean | undefined;
  }

  /** What component-client.js leaves for the scripts after it. */
  interface Shared {
    /** The instance whose events an element sends: that around it, or the one that wrote the slot. */
    ownerOf(element: Element | null): Element | null;
    /** The element with its id that is on the page now. */
    live(element: Element): Element | null;
    /** Shows the sentence for a code in the error place of an instance. @param text Where the code is not one of its own. */
    fail(root: Element, code: string, text?: string): HTMLElement;
    /** What a field holds. */
    held(field: Field): string | boolean;
    /** What the server's HTML says it holds. */
    said(field: Field): string | boolean;
    put(field: Field, value: string | boolean): void;
    /** What live-client.js adds, on pages that can be told of changes. */
    readonly updates?: Updates;
  }

  /** Tells the server what a page wants to be told of. @returns what was refused; rejects where the server cannot be told. */
  type Tell = (change: object, isLast?: boolean) => Promise<readonly { readonly code: string }[]>;

  interface Updates {
    /**
     * Shows partials that the server sent; those of an update begin with `data-base`.
     * @param cursor Where the page may go on from once it has this and all before.
     * @param isNew Whether that was said with this message; otherwise with one before. Default true.
     */
    show(html: string, cursor?: string, isNew?: boolean): Promise<void>;
    /** Takes over what is known of the connection. */
    hear(word: Word): void;
    /** From now on the server is told in another way, of all instances first; without one over the shared connection. */
    take(tell?: Tell): void;
  }

  /** What pages that share a connection tell each other. */
  interface Word {
    readonly say: "who" | "connected" | "lost" | "closed" | "health" | "page" | "resync";
    readonly connection?: string;
    /** `current` or `stale`. */
    readonly health?: string;
    readonly code?: string;
    /** Whom it is for. */
    readonly page?: string;
    readonly html?: string;
    readonly id?: string;
    /** Whether no message before had the id. */
    readonly isNew?: boolean;
  }

  /** What an answer has beside its HTML. */
  interface Effects {
    readonly redirect?: string;
    readonly push_url?: string;
    readonly replace_url?: string;
    readonly trigger?: object;
    readonly removed?: boolean;
  }

  /** What a socket says of an instance. */
  interface Update {
    readonly component_id: string;
    readonly html: string;
    readonly append?: string | undefined;
    readonly effects?: Effects | undefined;
    readonly partials?:
      | readonly { readonly target: string; readonly swap: string; readonly html: string }[]
      | undefined;
    readonly status?: number;
    readonly number?: number;
    readonly base?: string;
    readonly cursor?: string;
  }

  interface Refused {
    readonly code: string;
    readonly message: string;
    readonly error_id: string;
    readonly component_id?: string;
  }

  /** A message of a socket; `type` says which of its fields it has. */
  interface Incoming extends Update, Refused {
    readonly type: string;
    readonly id?: string;
    readonly message_bytes: number;
    readonly mode: string;
    readonly ticket: string;
    readonly instances: readonly unknown[];
    readonly component_id: string;
  }

  /** An event on its way through a socket. */
  interface Exchange {
    /** What htmx waits for. */
    readonly response: Promise<Response>;
    begin(stream: { readonly mode: string; readonly ticket: string }): void;
    update(update: Update): void;
    done(): void;
    fail(refused: Refused): void;
    /** The server shows a sign of life. */
    alive(): void;
    /** Nothing more comes for it: the socket was lost, or htmx does not wait any more. */
    lost(reason: unknown): void;
  }

  /** What a page wants to be told of. */
  interface Change {
    readonly page?: string;
    readonly cursor?: string;
    readonly subscribe?: readonly object[];
    readonly unsubscribe?: readonly string[];
  }

  /** Instances that a page asked to be told of, until all are answered. */
  interface Asked {
    readonly count: number;
    /** How many of them were refused, once that is known. */
    missing?: number;
    readonly refused: Refused[];
    resolve(refused: readonly { readonly code: string }[]): void;
    reject(error: Error): void;
  }

  /** One request of a form. */
  interface FormCall {
    readonly form: HTMLFormElement;
    readonly sender: Field;
    readonly event: string;
    /** Full name of the field the event is about; empty where it is about none. */
    readonly field: string;
    /** Whether the form itself was sent. */
    readonly isSubmit: boolean;
    /** Whether somebody pressed a button for it, so that a second press means nothing new. */
    readonly isOnce: boolean;
    /** What the fields held when it was sent. */
    sent: ReadonlyMap<Field, string | boolean>;
    /** What they held when the answer came. */
    readonly now?: ReadonlyMap<Field, string | boolean>;
    /** What had the focus then. */
    readonly active?: Element | null;
    /** The button that was pressed. */
    button?: Element | undefined;
    /** Which of the buttons for this event and field it is. */
    place: number;
    /** Rows of the field. */
    rows: number;
    /** The form was sent before the answer came, with this button. */
    next?: { readonly by: Field | null | undefined };
  }

  /** One answer of a handler that yields. */
  interface Stream {
    readonly ctx: Context;
    readonly call: Call;
    /** The element that sent it. */
    readonly source: Element;
    /** What the element says about the address. */
    readonly push: Context["push"];
    readonly replace: Context["replace"];
    /** The event that began it. */
    readonly event: Context["request"];
    mode: string;
    ticket: string;
    /** Number of the last frame that came. */
    last: number;
    /** How often the rest was asked for since. */
    tries: number;
    /** Whether it was sent again by itself. */
    isSecond?: boolean;
    /** Whether its end came. */
    isOver?: boolean;
    isCut?: boolean;
    /** Whether there is no rest. */
    isGone?: boolean;
  }

  /** What hx-sse says of one message. */
  interface SseDetail {
    readonly connection: { readonly abortController: { readonly signal: AbortSignal } };
    readonly message: { readonly event: string; readonly data: string };
    readonly waitUntil: (task: Promise<unknown>) => void;
  }

  type Context = import("htmx.org").HtmxRequestCtx & {
    hydrant?: Call;
    form?: FormCall;
    /** Nobody asked for it: it came from the server, or was asked for because something came. */
    isPush?: boolean;
    /** Revision of the instance that an update was made from. */
    base?: string;
    /** What it continues or begins again. */
    cut?: Stream;
    status: string;
    fetch?: typeof fetch;
    requestTimeout?: number;
    keepIndicators?: boolean;
    hx: Record<string, string | undefined>;
    request: {
      body: FormData;
      form?: HTMLFormElement | null;
      submitter?: Field | null;
      abort(reason?: unknown): void;
    };
    response?: import("htmx.org").HtmxResponse;
  };

  /** What htmx gives its extensions. */
  interface Api {
    attributeValue(element: Element, name: string): string | undefined;
  }

  /** One swap of an answer. */
  interface Task {
    readonly type: "main" | "partial" | "oob";
    readonly fragment: DocumentFragment;
    target: Element | string | null;
    readonly swapSpec: { readonly style: string };
  }

  type Swap = Parameters<import("htmx.org").Htmx["swap"]>[0];

  interface Detail {
    readonly ctx: Context;
  }

  /** What htmx calls. A hook that returns false ends what is under way. */
  interface Extension {
    htmx_config_request?(sender: Element, detail: Detail): unknown;
    htmx_before_request?(sender: Element, detail: Detail): unknown;
    htmx_before_response?(sender: Element, detail: Detail): unknown;
    htmx_after_request?(sender: Element, detail: Detail): unknown;
    htmx_finally_request?(sender: Element, detail: Detail): unknown;
    htmx_before_swap?(sender: Element, detail: SwapDetail): unknown;
    htmx_after_swap?(sender: Element, detail: Detail): unknown;
    htmx_before_morph_node?(element: Element, detail: { readonly newNode: Element }): unknown;
    htmx_sse_before_message?(element: Element, detail: SseDetail): unknown;
    htmx_sse_error?(element: Element, detail: Partial<SseDetail>): unknown;
  }

  interface SwapDetail extends Detail {
    readonly tasks: Task[];
  }
}
