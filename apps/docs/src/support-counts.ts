/** The support table in numbers, for the head of its page. */
import { CPU_MODELS, type SupportRow } from '@kexec/x86-cpu';

/** '459 instructions in 881 forms: 456 full, …', and what each model brought. */
export function supportCounts(rows: readonly SupportRow[]): {
  readonly total: string;
  readonly byModel: string;
} {
  const forms = rows.flatMap((row) => row.forms);
  const levels = (['full', 'partial', 'none'] as const).map(
    (support) => `${rows.filter((row) => row.support === support).length} ${support}`,
  );
  const models = Object.keys(CPU_MODELS)
    .map((model) => ({ model, count: forms.filter((form) => form.since === model).length }))
    .filter(({ count }) => count > 0);
  return {
    total: `${rows.length} instructions in ${forms.length} forms: ${levels.join(', ')}.`,
    byModel: `Forms that each model brought: ${models.map(({ model, count }) => `${model} ${count}`).join(', ')}.`,
  };
}
