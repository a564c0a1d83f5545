import type { Example } from "../gallery/example.js";
import { Dashboard, ticker } from "./dashboard.js";

export const dashboard: Example = {
  name: "dashboard",
  title: "Live charts",
  group: "Live",
  line: "SVG that the server draws anew every second and sends to whoever looks. The page has no script of its own for it.",
  tries: [
    "Open the tables and watch them change: they stay open.",
    "Hold the board, and let it go on: while it is held nothing is sent to this page.",
    "Switch to a dark theme, or make the window narrow.",
  ],
  components: { dashboard: Dashboard },
  live: (server) => ticker.connect(server),
  sources: ["dashboard.ts", "dashboard.njk", "charts.ts", "ticker.ts", "traffic.ts", "page.njk"],
};
