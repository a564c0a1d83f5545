import { Connection } from "../../socket/connection.js";
import { fetchHead, type Visitor, withBody } from "../../socket/visitor.js";
import { type Kind, SUBMISSIONS } from "../submissions.js";

const TYPE: Readonly<Record<Kind, string>> = { failing: "failure", passing: "success" };

/** Somebody with the form open, as `use:enhance` sends it: the answer is JSON, from which the browser renders. */
export async function openSvelteKit(port: number, kind: Kind): Promise<Visitor> {
  const connection = await Connection.open(port);
  const head = fetchHead(port, "/", {
    Accept: "application/json",
    "Content-Type": "application/x-www-form-urlencoded",
    "x-sveltekit-action": "true",
  });
  const request = withBody(head, new URLSearchParams(SUBMISSIONS[kind]).toString());
  const begin = `{"type":"${TYPE[kind]}"`;
  return {
    async send() {
      const answer = await connection.ask(request);
      if (!answer.body.startsWith(begin)) throw new Error(`the action was answered ${answer.status}:\n${answer.body}`);
      return answer;
    },
    close: () => connection.close(),
  };
}
