import type nunjucks from "nunjucks";
import { DefinitionError, type PageTemplate, type Renderer, type Template } from "../../core/index.js";
import { TemplateEnvironment } from "./environment.js";
import { componentTag, slotTag } from "./tags.js";

/** Options of {@link nunjucksRenderer}. */
export interface NunjucksOptions {
  /** Folders that hold the templates, searched in order. */
  readonly folders: string | readonly string[];
  /** Looks at each template's file before every run and reads it again when it changed. For development. Default false. */
  readonly watch?: boolean;
  /** Adds filters, tests, globals and tags. They must be synchronous, and autoescape cannot be switched off. */
  readonly configure?: (environment: nunjucks.Environment) => void;
}

function createEnvironment(options: NunjucksOptions): TemplateEnvironment {
  const { folders, watch = false, configure } = options;
  const environment = new TemplateEnvironment([folders].flat(), watch);
  configure?.(environment);
  if (!environment.parts.opts.autoescape) {
    throw new DefinitionError(
      "`configure` switched autoescape off. Leave it on, and mark finished HTML with `| safe`.",
    );
  }
  environment.addExtension("component", componentTag());
  environment.addExtension("slot", slotTag());
  return environment;
}

/**
 * Templates in Nunjucks' language. They are read and compiled when the server starts, together with the templates they
 * name; a name that a template works out while it runs is read once, when it is first used.
 */
export function nunjucksRenderer(options: NunjucksOptions | string): Renderer {
  const settings = typeof options === "string" ? { folders: options } : options;
  const environment = createEnvironment(settings);
  function compile(name: string): PageTemplate {
    const template = environment.template(name);
    const render: PageTemplate =
      settings.watch === true ? (data) => environment.template(name).render(data) : (data) => template.render(data);
    return Object.assign(render, { uses: environment.usesOf(name) });
  }
  return { compile: (name) => compile(name) as Template, compilePage: compile };
}
