/** Types for the checks of the scripts beside it; the browser never loads this file. */
declare namespace Client {
  interface Page {
    readonly htmx: import("htmx.org").Htmx;
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
    _htmx?: { boosted?: unknown };
    _htmx_state?: { rq?: object; rc?: number; dc?: number };
  };

  /** One request of an instance. */
  interface Call {
    /** Of the instance whose event it is. */
    root: Element;
    /** Whether the answer goes into the root, so that nothing but a component's answer may. */
    readonly guarded: boolean;
    /** Fields the event is about, as they were sent. */
    readonly sent: ReadonlyMap<Field, string | boolean>;
    /** Later calls have higher numbers. */
    order: number;
    /** Whether the page showed something newer when the answer came. */
    late?: boolean;
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

  type Context = import("htmx.org").HtmxRequestCtx & {
    hydrant?: Call;
    form?: FormCall;
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

  interface Detail {
    readonly ctx: Context;
  }

  interface SwapDetail extends Detail {
    readonly tasks: Task[];
  }
}
