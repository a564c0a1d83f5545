import { Component, FormComponent, HasPermission, HydrantError, IsAuthenticated, type Payload } from "hydrant";
import { html } from "hydrant/tagged";
import { z } from "zod";
import { template } from "../../support/live-app.js";
import { formTemplate } from "./forms-stage.js";
import type { SocketStageOptions } from "./socket-stage.js";
import { gates } from "./stage.js";

const CODES = ["forbidden", "not_found", "rate_limited", "unavailable"] as const;
/** Where `slow` and `wait` stop. */
export const gate = gates();
/** What handlers carried out. */
export const ran: string[] = [];
const events = {
  add: null,
  note: z.object({ text: z.union([z.string(), z.array(z.string())]), extra: z.string().default("") }),
  quiet: null,
  leave: null,
  announce: null,
  push: null,
  tell: null,
  vanish: null,
  slow: null,
  wait: z.object({ at: z.string() }),
  fail: z.object({ code: z.enum(CODES) }),
  crash: null,
};

class Panel extends Component<{ count: number; text: string }> {
  static override template = "panel";
  static override events = events;
  override mount() {
    this.state = { count: 0, text: "" };
  }
  on_add() {
    ran.push("add");
    this.state.count += 1;
  }
  on_note({ text, extra }: Payload<typeof events, "note">) {
    this.state.text = JSON.stringify([text, extra]);
  }
  on_quiet() {
    ran.push("quiet");
    this.unchanged();
  }
  on_leave() {
    this.redirect("/elsewhere?from=päneł");
  }
  on_announce() {
    this.state.count += 1;
    this.trigger("cart:changed", { name: "Zoë 🙂" });
  }
  on_push() {
    this.state.count += 1;
    this.pushUrl("/?schritt=größer");
  }
  on_tell() {
    this.state.count += 1;
    this.refresh({ component: "panel", key: "other", params: {} });
  }
  on_vanish() {
    this.remove();
  }
  async on_slow() {
    ran.push("slow");
    await gate.pass("slow");
    this.state.count += 1;
  }
  async on_wait({ at }: Payload<typeof events, "wait">) {
    ran.push(`wait ${at}`);
    await gate.pass(at);
    this.state.count += 10;
  }
  on_fail({ code }: Payload<typeof events, "fail">) {
    throw new HydrantError(code);
  }
  on_crash() {
    throw new Error("a secret detail");
  }
}

class Diary extends Panel {
  static override permissions = IsAuthenticated;
}

class Vault extends Panel {
  static override permissions = new HasPermission("vault.see");
}

const schema = z.object({ name: z.string().min(2, "Two letters at least."), note: z.string() });

class SignUp extends FormComponent<typeof schema> {
  static override template = "sign-up";
  static override schema = schema;
  override async on_submit({ name, note }: z.output<typeof schema>) {
    ran.push(JSON.stringify([name, note]));
    await this.reset();
  }
}

const NAMES = ["add", "quiet", "leave", "announce", "push", "tell", "vanish", "slow", "crash"] as const;
/** The application these tests are about. */
export const PANELS: SocketStageOptions = {
  components: { panel: Panel, diary: Diary, vault: Vault, "sign-up": SignUp },
  door: { signIn: "/login" },
  messageBytes: 16_384,
  templates: {
    panel: template<{ count: number; text: string }>(
      ({ state, root, on: send }) => html`<section ${root()}>
        <output>${state.count}</output><b>${state.text}</b><input class="typed" aria-label="typed">
        ${NAMES.map((name) => html`<button class="${name}" ${send(name)}>${name}</button>`)}
        <button class="impatient" hx-config="timeout:200ms" ${send("slow")}>impatient</button>
        ${["once", "again"].map((at) => html`<button class="${at}" ${send("wait", { at })}>${at}</button>`)}
        ${CODES.map((code) => html`<button class="${code}" ${send("fail", { code })}>${code}</button>`)}
        <form class="notes" ${send("note", { extra: "ä=&+" })}><textarea name="text"></textarea><input name="text" value="two"><button>Note</button></form>
        <form class="parts" enctype="multipart/form-data" ${send("note")}><input name="text" value="part"><input type="file" name="file"><button>Parts</button></form>
      </section>`,
    ),
    "sign-up": formTemplate(
      ({ root, form, field, form_errors }) => html`<section ${root()}>
        <form ${form({ native: false })}>${form_errors()}${field("name")}${field("note", { type: "textarea" })}<button class="send">Send</button></form></section>`,
    ),
  },
  pages: {
    "/": ({ component }) => component("panel", { key: "panel" }),
    "/two": ({ component }) =>
      html`<main>${component("panel", { key: "one" })}</main><aside>${component("panel", { key: "other" })}</aside>`,
    "/form": ({ component }) => component("sign-up"),
    "/diary": ({ component }) => component("diary"),
    "/vault": ({ component }) => component("vault"),
    "/elsewhere": () => html`<h1>elsewhere</h1>`,
    "/login": () => html`<h1>sign in</h1>`,
  },
};
