import { Component } from "hydrant";
import { z } from "zod";
import { listCustomers, ME } from "./customers.js";

const params = z.object({ chosen: z.int().catch(0) });

/** Links to all customers. The editor beside it shows it anew when a name has changed. */
export class CustomerList extends Component<object, z.infer<typeof params>> {
  static override template = "records/customer-list.njk";
  static override params = params;

  #customers: Awaited<ReturnType<typeof listCustomers>> = [];

  override async beforeRender() {
    this.#customers = await listCustomers();
  }

  override getContext() {
    return { customers: this.#customers, me: ME };
  }
}
