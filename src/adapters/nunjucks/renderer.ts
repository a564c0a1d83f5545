import nunjucks from "nunjucks";
import { DefinitionError, type PageTemplate, type Renderer, SafeHtml, type View } from "../../core/index.js";
import { componentTag, slotTag } from "./tags.js";

export interface NunjucksOptions {
  /** Folders that hold the templates, searched in order. */
  readonly folders: string | readonly string[];
  /** Read templates again when their files change. For development; needs the package `chokidar`. Default false. */
  readonly watch?: boolean;
  /** Adds filters and globals. Autoescape stays on whatever is done here. */
  readonly configure?: (environment: nunjucks.Environment) => void;
}

type Helper = (...args: unknown[]) => unknown;

function isKeywords(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.hasOwn(value, "__keywords");
}

function withoutMarker(value: unknown): unknown {
  if (!isKeywords(value)) return value;
  const { __keywords, ...named } = value;
  return named;
}

/** Lets Nunjucks call a helper: keyword arguments become a plain object, safe HTML becomes Nunjucks' own. */
function adapt(helper: Helper): Helper {
  return (...args) => {
    const result = helper(...args.map(withoutMarker));
    return result instanceof SafeHtml ? new nunjucks.runtime.SafeString(result.value) : result;
  };
}

function adaptAll(view: Readonly<Record<string, unknown>>): object {
  const context: Record<string, unknown> = {};
  for (const name of Object.keys(view)) {
    const value = view[name];
    context[name] = typeof value === "function" ? adapt(value as Helper) : value;
  }
  return context;
}

export function nunjucksRenderer(options: NunjucksOptions | string): Renderer {
  const { folders, watch = false, configure } = typeof options === "string" ? { folders: options } : options;
  const loader = new nunjucks.FileSystemLoader([folders].flat(), { watch });
  const environment = new nunjucks.Environment(loader, { autoescape: true });
  configure?.(environment);
  environment.addExtension("component", componentTag());
  environment.addExtension("slot", slotTag());

  function compile(name: string): PageTemplate {
    try {
      environment.getTemplate(name, true);
    } catch (cause) {
      throw new DefinitionError(`the template ${name} cannot be used; looked in ${[folders].flat().join(", ")}`, {
        cause,
      });
    }
    return (data) => environment.render(name, adaptAll(data));
  }
  return { compile: (name) => compile(name) as (view: View) => string, compilePage: compile };
}
