/**
 * Components, the server that answers for them, and what adapters build on.
 *
 * @module hydrant
 */

export type { Caller, User } from "./caller.js";
export type {
  CallContext,
  EventCall,
  FileCall,
  Fragment,
  Frame,
  HeldInstance,
  LastingCall,
  MountCall,
  Outcome,
  OutcomeEffects,
  OutcomeStream,
  OutgoingFile,
  PagePartial,
  PostedEvent,
  ResumeCall,
  TicketCall,
  UnreadEventCall,
} from "./calls.js";
export { clientAddress } from "./client-address.js";
export {
  type Append,
  Component,
  type ComponentClass,
  type Events,
  type InstanceInit,
  type MountCache,
  type Payload,
  type TopicQuestion,
} from "./component.js";
export { type ComposeOptions, type Composition, compose, type SlotContent } from "./composition.js";
export { type Effects, localPath, type RefreshRequest } from "./effects.js";
export {
  DefinitionError,
  ERRORS,
  type ErrorCode,
  type ErrorRow,
  type Failure,
  HydrantError,
  type HydrantErrorOptions,
} from "./errors.js";
export type { FieldOptions } from "./form/controls.js";
export type { Row } from "./form/fields.js";
export type { FormParts, StepParts } from "./form/parts.js";
export type { Refusals } from "./form/refusals.js";
export type { Choice, FieldKind, FieldShape } from "./form/shape.js";
export type { FieldChange, FormErrors, FormState } from "./form/state.js";
export type { FormHelpers, FormOptions } from "./form/view.js";
export { FormComponent } from "./form.js";
export { escapeHtml, fillHoles, SafeHtml } from "./html.js";
export type { LimitKey, LimitReached, LimitRule } from "./limits.js";
export type {
  LiveConnection,
  LiveEnd,
  LiveMessage,
  LiveSink,
  SubscribeRequest,
  Subscription,
} from "./live/connection.js";
export type { Admitted } from "./live/items.js";
export type { Published } from "./live/publisher.js";
export type { ConnectionChange, LiveDoor, Publishing, RefusedSubscription } from "./live/server.js";
export type { Changes } from "./live/subscription.js";
export type { BroadcastCall, SubscribeCall } from "./live-calls.js";
export type { Bounds } from "./memory/expiring-map.js";
export { memoryJournalStore } from "./memory/journal-store.js";
export { memoryReceiptStore } from "./memory/receipt-store.js";
export { MEMORY_BOUNDS, type MemoryStoreOptions, memoryStateStore } from "./memory/state-store.js";
export { type MemoryTopicLogOptions, memoryTopicLog } from "./memory/topic-log.js";
export { ModelFormComponent, type ModelState } from "./model-form.js";
export { isWireName, PAGE_FIELD, REFRESH } from "./names.js";
export { type ComponentServerOptions, DEFAULT_LIMITS, type Limits } from "./options.js";
export { isOwnSite } from "./own-site.js";
export type { PageScope, PageScopeOptions } from "./page.js";
export { failurePartial, outcomePartials, partialHtml, partialsHtml } from "./partials.js";
export {
  AllowAny,
  and,
  BasePermission,
  HasPermission,
  IsAuthenticated,
  IsStaff,
  IsSuperuser,
  not,
  or,
  type PermissionAnswer,
  type PermissionRequest,
  type PermissionRule,
} from "./permissions.js";
export { type Clock, systemClock } from "./ports/clock.js";
export type { JournalStore } from "./ports/journal-store.js";
export type { LimitStore, LimitVerdict, LimitWindow } from "./ports/limit-store.js";
export { consoleLogger, type LogFields, type Logger } from "./ports/logger.js";
export type { Receipt, ReceiptState, ReceiptStore } from "./ports/receipt-store.js";
export type { RecordStore, StoredRecord } from "./ports/record-store.js";
export type { PageTemplate, Renderer, Template, TemplateUses } from "./ports/renderer.js";
export type { Output, Schema, SchemaIssue, SchemaResult } from "./ports/schema.js";
export type { StateStore, StoredState } from "./ports/state-store.js";
export type { TopicEntry, TopicFollower, TopicLog } from "./ports/topic-log.js";
export type { UploadStore } from "./ports/upload-store.js";
export { ComponentRegistry, type RegisterDecorator } from "./registry.js";
export { cookieIn, type RequestHead } from "./request-head.js";
export { type ComponentServer, createComponentServer, type Features } from "./server.js";
export { StreamingComponent, type StreamMode } from "./streaming.js";
export { sizeText, type TakeFile, type UploadedFile, type UploadRule } from "./uploads.js";
export type { Helpers, Refusal, View } from "./view.js";
export { type Step, type Together, WizardComponent, type WizardData, type WizardState } from "./wizard.js";
