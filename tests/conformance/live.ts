import type { Chapter } from "./audit.js";
import { liveMessages } from "./live-messages.js";
import { liveRefresh, liveRefreshHttp } from "./live-refresh.js";
import { liveRefusals } from "./live-refusals.js";

/** Updates of a page: `GET` and `POST {prefix}/_live`, and the event that shows an instance as it stands now. */
export const live: Chapter = {
  every: liveRefresh,
  http: [...liveMessages, ...liveRefusals, ...liveRefreshHttp],
};
