import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { answerPage } from "../page.js";
import { serveLasting } from "../serve.js";
import { readTape } from "../tape.js";
import { textFrame } from "../transports.js";

const { page, hello, subscribed, message } = readTape();
const frame = textFrame(message);
const open = new Set<Duplex>();

serveLasting((http) => {
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  http.on("upgrade", (req, socket, head) => {
    sockets.handleUpgrade(req, socket, head, (client) => {
      client.on("message", () => client.send(subscribed));
      client.send(hello);
      open.add(socket);
      client.once("close", () => open.delete(socket));
    });
  });
  return {
    listener: (_req, res) => answerPage(res, page),
    broadcast() {
      // The library would make the frame anew for each.
      for (const socket of open) socket.write(frame);
    },
  };
});
