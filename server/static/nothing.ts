// What a site answers where it has nothing and somebody else is asked next. It is compared by identity; for whoever does not
// look it is a 404.
import { textPlan, type Plan } from '../plan.ts';

export const NOTHING_HERE: Plan = textPlan(404, [], 'Not Found\n');
