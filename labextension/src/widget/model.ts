/*
 * The widget's model as a page sees it: what Python's `widgets/live.py` and `pump.py` put there.
 * Types only.
 */
import type { ErrorBody, Event } from '../protocol';

/** The part of anywidget's model that we use. */
export interface WidgetModel {
  get(key: string): unknown;
  on(event: string, callback: (...given: never[]) => void): void;
  off(event?: string | null, callback?: ((...given: never[]) => void) | null): void;
  send(content: unknown): void;
}

/** Which view is drawn. */
export type Kind =
  | 'training'
  | 'curve'
  | 'comparison'
  | 'chat'
  | 'monitor'
  | 'dataset'
  | 'model'
  | 'download';

/** Where the service is, as Python sees it. */
export interface ServiceFacts {
  epoch: string;
  /** `kernel` forbids the direct way. */
  transport: 'auto' | 'kernel';
}

/** The service's answers to the requests with which the view begins, complete up to batch `n`. */
export interface Snapshot {
  n: number;
  answers: Record<string, unknown>;
}

/** Batch `n` of events; follows batch n-1, or a snapshot with that number. */
export interface Delta {
  n: number;
  events: Event[];
}

/** What Python sends to the page about an ask. */
export type Reply =
  | { type: 'answer'; id: string; body: unknown }
  | { type: 'event'; id: string; event: string; data: unknown }
  | { type: 'end'; id: string }
  | { type: 'failed'; id: string; status: number; error: ErrorBody };
