/** Many readers, few questions: those that want the same and stand near each other are answered by one page. */

import type { Question } from '../../db/statements/streams.ts'
import { LIMITS } from '../../domain/limits.ts'
import type { Reader } from './reader.ts'

export interface Asked {
  questions: Question[]
  /** The readers that each question is asked for, in the order of the questions. */
  askedFor: Reader[][]
  /** For whom nothing was asked, because there were too many questions already. */
  unasked: Reader[]
}

/** The questions of these readers. Whoever is full asks nothing. */
export function questionsOf(readers: Iterable<Reader>): Asked {
  const asked: Asked = { questions: [], askedFor: [], unasked: [] }
  for (const reader of readers) {
    if (!reader.isFull) ask(asked, reader)
  }
  return asked
}

function ask({ questions, askedFor, unasked }: Asked, reader: Reader): void {
  const { cursor } = reader
  const { eventTypes, transactionId } = reader.subscriber
  const place = questions.findIndex(
    (question) =>
      question.after <= cursor &&
      cursor < question.after + LIMITS.streamPageEvents &&
      question.transactionId === transactionId &&
      isSame(question.eventTypes, eventTypes),
  )
  if (place >= 0) askedFor[place]?.push(reader)
  else if (questions.length >= LIMITS.streamQuestionsMax) unasked.push(reader)
  else {
    questions.push({ after: cursor, eventTypes, transactionId })
    askedFor.push([reader])
  }
}

const isSame = (some: readonly string[], others: readonly string[]): boolean =>
  some.length === others.length && some.every((type, index) => type === others[index])
