import { type Answer, Connection } from "../../socket/connection.js";
import { fetchHead, pageRequest, type Visitor, withBody } from "../../socket/visitor.js";
import { type Kind, SUBMISSIONS } from "../submissions.js";

const BOUNDARY = "----WebKitFormBoundaryWAnQ7LFjzlWDmwvg";
const HIDDEN = /<input type="hidden" name="(\$ACTION[^"]*)"(?: value="([^"]*)")?/g;
/** What the router of a page at `/` says that it shows. */
const ROUTER_STATE = ["", { children: ["__PAGE__", {}, null, null, 512] }, null, null, 528];
/** The line of the answer with what the action returned, which is the form's next state. */
const RETURNED = /(?:^|\n)1:(.+)/;
const SHOWS: Readonly<Record<Kind, string>> = { failing: '{"values":', passing: '{"sent":true}' };

function part(name: string, value: string): string {
  return `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
}

/** Fields that React writes into the form, for browsers without scripts; they are sent with scripts too. */
function hiddenIn({ body }: Answer): [name: string, value: string][] {
  return [...body.matchAll(HIDDEN)].map(([, name = "", value = ""]) => [name, value.replaceAll("&quot;", '"')]);
}

/**
 * Somebody with the form open, as the page's `useActionState` sends it: two arguments, the form's state so far and
 * what was filled in. The answer is the state that comes next, from which the browser renders.
 */
export async function openNext(port: number, kind: Kind): Promise<Visitor> {
  const connection = await Connection.open(port);
  const page = await connection.ask(pageRequest(port));
  const hidden = hiddenIn(page);
  const action = hidden.map(([, value]) => /"id":"(\w+)"/.exec(value)?.[1]).find((id) => id !== undefined);
  if (action === undefined) throw new Error(`no action in the page:\n${page.head}\n\n${page.body}`);
  const head = fetchHead(port, "/", {
    Accept: "text/x-component",
    "Content-Type": `multipart/form-data; boundary=${BOUNDARY}`,
    "Next-Action": action,
    "Next-Router-State-Tree": encodeURIComponent(JSON.stringify(ROUTER_STATE)),
  });
  const fields = [...hidden, ...Object.entries(SUBMISSIONS[kind])].map(([name, value]) => part(`_1_${name}`, value));
  let state = "{}";
  return {
    async send() {
      const body = `${fields.join("")}${part("0", `[${state},"$K1"]`)}--${BOUNDARY}--\r\n`;
      const answer = await connection.ask(withBody(head, body));
      const returned = RETURNED.exec(answer.body)?.[1] ?? "";
      if (!returned.startsWith(SHOWS[kind]))
        throw new Error(`the action was answered ${answer.status}:\n${answer.body}`);
      state = returned;
      return answer;
    },
    close: () => connection.close(),
  };
}
