import Koa from "koa";
import { recordedAnswer } from "../recorded.js";
import { serve } from "../serve.js";

const { status, headers, body } = recordedAnswer();
const app = new Koa();

app.use(async (ctx) => {
  let size = 0;
  await new Promise<void>((resolve, reject) => {
    ctx.req.on("data", (chunk: Buffer) => {
      size += chunk.length;
    });
    ctx.req.on("end", resolve);
    ctx.req.on("error", reject);
  });
  ctx.status = ctx.method === "POST" && size === 0 ? 400 : status;
  ctx.set(headers);
  ctx.body = body;
});

serve(app.callback());
