import type { ServerResponse } from "node:http";
import { answerPage } from "../page.js";
import { serveLasting } from "../serve.js";
import { readTape } from "../tape.js";

const { page, headers, hello, message } = readTape();
const bytes = Buffer.from(message);
const open = new Set<ServerResponse>();

serveLasting(() => ({
  listener(req, res) {
    if (req.url === "/") return answerPage(res, page);
    res.socket?.setNoDelay(true);
    res.writeHead(200, headers);
    res.write(hello);
    open.add(res);
    res.once("close", () => open.delete(res));
  },
  broadcast() {
    for (const res of open) res.write(bytes);
  },
}));
