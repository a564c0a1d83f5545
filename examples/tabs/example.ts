import type { Example } from "../gallery/example.js";
import { ChapterTable } from "./chapter.js";
import { Tabs } from "./tabs.js";

export const tabs: Example = {
  name: "tabs",
  title: "Lazy tabs",
  group: "Components",
  line: "The page is there at once; what a tab shows is fetched when it is opened, and stays as it was left.",
  tries: ["Sort a table, open another tab and come back.", "Leave a tab before its content has come."],
  components: { tabs: Tabs, chapter: ChapterTable },
  sources: ["tabs.ts", "tabs.njk", "chapter.ts", "chapter.njk", "page.njk"],
};
