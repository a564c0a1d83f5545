import { recordedAnswer } from "../recorded.js";
import { serve } from "../serve.js";

const { headers, body } = recordedAnswer();
const length = Buffer.byteLength(body);

serve((req, res) => {
  let size = 0;
  req.on("data", (chunk: Buffer) => {
    size += chunk.length;
  });
  req.on("end", () => {
    if (req.method === "POST" && size === 0) res.statusCode = 400;
    res.writeHead(res.statusCode, { ...headers, "Content-Length": length });
    res.end(body);
  });
});
