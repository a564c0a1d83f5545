import { feedApplication } from "../feed.js";
import { serveLasting } from "../serve.js";

serveLasting(() => {
  const { app, broadcast } = feedApplication();
  return { listener: app.callback(), broadcast };
});
