import type { ClusterNode } from "../cluster/cluster.js";
import type { Root, Visitor } from "../cluster/visitor.js";

/** What a page is told through its connection, whatever kind that is. */
export interface LinkHearer {
  /** An instance was rendered again, from the seal that ends with `base`. */
  update(html: string, base: string): void;
  /** A piece for the end of a place. */
  piece(place: string, html: string): void;
  resync(instances: readonly string[]): void;
  /** Whether what other nodes publish arrives; said when it changes. */
  health(isCurrent: boolean): void;
  /** An instance could not be shown. */
  refused(instance: string, code: string): void;
  published(topic: string, change: unknown, cursor: string): void;
  /** Everything up to here was told. */
  position(cursor: string): void;
}

/** What a page was refused, by the code of the error. */
export type RefusedCodes = readonly string[];

/** One connection for updates. */
export interface Link {
  /** Whether instances are taken in by the time `subscribe` resolves; otherwise nobody knows before they are told something. */
  readonly confirms: boolean;
  /** Rejects when the connection is lost, or the request that asks for it. */
  subscribe(root: Root, cursor: string): Promise<RefusedCodes>;
  /** Listens to a topic itself; sockets can. */
  listen(topic: string, cursor: string): Promise<void>;
  /** Takes nothing for now, as a page in the background does. */
  hide(): void;
  show(): void;
  close(): void;
  readonly isClosed: boolean;
  readonly closed: Promise<void>;
}

/** What a connection is opened with. */
export interface LinkParts {
  readonly visitor: Visitor;
  /** Some node; requests are spread over all. */
  readonly pick: () => ClusterNode;
  readonly page: string;
  readonly cursor: string;
  readonly roots: readonly Root[];
  readonly hear: LinkHearer;
}

export type OpenLink = (parts: LinkParts) => Promise<Link>;
