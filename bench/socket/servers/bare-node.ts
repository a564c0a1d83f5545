import { recordedAnswer } from "../recorded.js";
import { serve } from "../serve.js";

const { status, headers, body } = recordedAnswer();
const length = Buffer.byteLength(body);

serve((req, res) => {
  let size = 0;
  req.on("data", (chunk: Buffer) => {
    size += chunk.length;
  });
  req.on("end", () => {
    res.writeHead(req.method === "POST" && size === 0 ? 400 : status, { ...headers, "Content-Length": length });
    res.end(body);
  });
});
