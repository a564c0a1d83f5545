import type { Example } from "../gallery/example.js";
import { CustomerEditor } from "./customer.js";
import { CustomerList } from "./customer-list.js";
import { database } from "./customers.js";

export const records: Example = {
  name: "records",
  title: "Record editor",
  group: "Forms and people",
  line: "A form on a row of a database: loaded by its key, checked against its owner, and never written over unseen.",
  tries: [
    "Open a customer in two tabs, change the city in both and save both: the second is shown what the first wrote.",
    "Choose a customer whom somebody else looks after.",
    "Set DATABASE_URL and the same example runs on PostgreSQL.",
  ],
  components: { customers: CustomerList, customer: CustomerEditor },
  sources: [
    "customer.ts",
    "customer.njk",
    "customer-list.ts",
    "customer-list.njk",
    "customers.ts",
    "database.ts",
    "page.njk",
  ],
  close: () => database.destroy(),
};
