/** A trace as one JSON object with an event a line: a program reads it whole, or line by line. */
import type { JumpEvent } from './trace-event.js';
import type { TraceOutcome, TraceWriter } from './trace-format.js';

const SCHEMA_VERSION = 1;

export class TraceJson implements TraceWriter {
  #isFirst = true;

  begin(): string {
    return `{"schemaVersion":${SCHEMA_VERSION},"events":[`;
  }

  event(event: JumpEvent): string {
    const separator = this.#isFirst ? '\n' : ',\n';
    this.#isFirst = false;
    return `${separator}${JSON.stringify(event)}`;
  }

  /** The outcome's members follow the events. */
  end(outcome: TraceOutcome): string {
    const members = Object.entries(outcome).map(
      ([name, value]) => `,${JSON.stringify(name)}:${JSON.stringify(value)}`,
    );
    return `\n]${members.join('')}}\n`;
  }
}
