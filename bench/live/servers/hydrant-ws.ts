import { ComponentWebSocketManager } from "hydrant/websocket";
import { feedApplication } from "../feed.js";
import { serveLasting } from "../serve.js";

serveLasting((http) => {
  const { app, server, broadcast } = feedApplication();
  new ComponentWebSocketManager(server).listen(http, app);
  return { listener: app.callback(), broadcast };
});
