// What a refused head or body is answered, by the number of its row (http/refusal.ts).
import { refusals } from '../http/refusal.ts';
import { textPlan, type Plan } from './plan.ts';

export const INTERNAL_ERROR = textPlan(500, [], 'Internal Server Error\n');

export const refusalPlans: readonly Plan[] = refusals.map(({ status, text }) => (status === 0 ? INTERNAL_ERROR : textPlan(status, [], `${text}\n`)));

/** What is logged where a client has gone in the middle of its request. */
export const BROKEN_OFF = textPlan(400, [], 'Bad Request\n');
