/** Types for the checks of component-client.js; the browser never loads this file. */
declare namespace Client {
  interface Page {
    readonly htmx: import("htmx.org").Htmx;
    readonly trustedTypes?: { createPolicy(name: string, rules: object): object };
  }

  /** An input, a textarea or a select. */
  interface Field extends HTMLElement {
    readonly name: string;
    readonly type: string;
    readonly form: Element | null;
    readonly validity: ValidityState;
    readonly options?: HTMLOptionsCollection;
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

  type Context = import("htmx.org").HtmxRequestCtx & {
    hydrant?: Call;
    hx: Record<string, string | undefined>;
    response?: import("htmx.org").HtmxResponse;
  };

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
