import { type CompileFrame, engine, nodesOf, type SyntaxNode } from "./engine.js";

/** Tags whose content can read `loop` without saying so here. */
const READS_UNSEEN: ReadonlySet<string> = new Set(["Include", "Import", "FromImport", "Block", "Super"]);

function readsLoop(body: SyntaxNode): boolean {
  for (const node of nodesOf(body)) {
    if ((node.typename === "Symbol" && node.value === "loop") || READS_UNSEEN.has(node.typename)) return true;
  }
  return false;
}

function isName(node: SyntaxNode): boolean {
  return node.typename === "Literal" && typeof node.value === "string";
}

/**
 * Nunjucks' compiler with other code for what templates do most: printing, reading properties, calling, looping and
 * including. Everything else is compiled by Nunjucks itself, so the language is the same.
 *
 * Templates run synchronously from end to end, so what Nunjucks writes as callbacks is written as plain calls. Inside a
 * compiled function `o_` and `v_` hold an object and the property just read from it.
 */
export class LeanCompiler extends engine.compiler.Compiler {
  override _emitFuncBegin(node: SyntaxNode, name: string): void {
    super._emitFuncBegin(node, name);
    this._emitLine("runtime = own; lineno = -1; var o_, v_;");
  }

  /** As Nunjucks', but errors are thrown and name this template. */
  _emitFuncEnd(noReturn = false): void {
    if (!noReturn) this._emitLine(`cb(null, ${this.buffer});`);
    this._closeScopeLevels();
    this._emitLine(`} catch (e) { throw runtime.locate(e, ${this.#name}, lineno); }`);
    this._emitLine("}");
  }

  compileOutput(node: SyntaxNode, frame: CompileFrame): void {
    for (const child of node.children ?? []) {
      if (child.typename === "TemplateData") {
        if (child.value === "") continue;
        this._emit(`${this.buffer} += `);
        this.compileLiteral(child, frame);
      } else {
        this._emit(`lineno = ${child.lineno}; ${this.buffer} += runtime.text(`);
        this.compile(child, frame);
        this._emit(")");
      }
      this._emitLine(";");
    }
  }

  compileLookupVal(node: SyntaxNode, frame: CompileFrame): void {
    const { target, val } = node as unknown as { target: SyntaxNode; val: SyntaxNode };
    if (!isName(val)) {
      this._emit("runtime.member((");
      this._compileExpression(target, frame);
      this._emit("),");
      this._compileExpression(val, frame);
      this._emit(")");
      return;
    }
    const key = JSON.stringify(val.value);
    this._emit("(typeof (v_ = (o_ = (");
    this._compileExpression(target, frame);
    this._emit(`)) === undefined || o_ === null ? undefined : o_[${key}]) === "function"`);
    this._emit(` ? runtime.memberLookup(o_, ${key}) : v_)`);
  }

  compileFunCall(node: SyntaxNode, frame: CompileFrame): void {
    const { name, args } = node as unknown as { name: SyntaxNode; args: SyntaxNode };
    const label = JSON.stringify(this._getNodeName(name));
    this._emit(`(lineno = ${node.lineno}, `);
    if (name.typename === "LookupVal") {
      this._emit("runtime.callMember((");
      this._compileExpression(name.target as SyntaxNode, frame);
      this._emit("),");
      this._compileExpression(name.val as SyntaxNode, frame);
      this._emit(`, ${label}, `);
    } else {
      this._emit("runtime.callWrap(");
      this._compileExpression(name, frame);
      this._emit(`, ${label}, context, `);
    }
    this._compileAggregate(args, frame, "[", "]))");
  }

  compileFilter(node: SyntaxNode, frame: CompileFrame): void {
    const { name, args } = node as unknown as { name: SyntaxNode; args: SyntaxNode };
    this._emit(`env.filters[${JSON.stringify(name.value)}].call(context, `);
    (args.children ?? []).forEach((argument, index) => {
      this._emit(index === 0 ? "runtime.filterable(" : ",");
      this.compile(argument, frame);
      if (index === 0) this._emit(")");
    });
    this._emit(")");
  }

  override compileCallExtension(node: SyntaxNode, frame: CompileFrame): void {
    if (node.lineno !== undefined) this._emitLine(`lineno = ${node.lineno};`);
    super.compileCallExtension(node, frame);
  }

  _emitLoopBindings(node: SyntaxNode, _list: string, index: string, length: string): void {
    if (readsLoop(node.body as SyntaxNode)) this._emitLine(`frame.setLoop(${index}, ${length});`);
  }

  compileInclude(node: SyntaxNode, frame: CompileFrame): void {
    this._emit(`lineno = ${node.lineno}; ${this.buffer} += runtime.include(env, context, frame, `);
    this._compileExpression(node.template as SyntaxNode, frame);
    this._emitLine(`, ${this.#name}, ${node.ignoreMissing === true});`);
  }

  compileBlock(node: SyntaxNode): void {
    const result = this._tmpid();
    const name = JSON.stringify((node.name as SyntaxNode).value);
    this._emitLine(`var ${result} = "";`);
    // A block at the top of a template that extends another runs where the other one places it.
    if (!this.inBlock) this._emit("if (!parentTemplate) ");
    this._emitLine(`context.getBlock(${name})(env, context, frame, runtime, function(e, r) { ${result} = r; });`);
    this._emitLine(`${this.buffer} += ${result};`);
  }

  compileSuper(node: SyntaxNode, frame: CompileFrame): void {
    const block = (node.blockName as SyntaxNode).value as string;
    const result = (node.symbol as SyntaxNode).value as string;
    this._emitLine(`var ${result};`);
    this._emit(`context.getSuper(env, ${JSON.stringify(block)}, b_${block}, frame, runtime, `);
    this._emitLine(`function(e, r) { ${result} = runtime.markSafe(r); });`);
    frame.set(result, result);
  }

  get #name(): string {
    return JSON.stringify(this.templateName);
  }
}
