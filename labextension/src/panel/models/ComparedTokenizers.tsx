/**
 * What the tokenizers of compared models make of the same Persian text. One that has not been
 * measured yet is measured when asked, as each is a process of its own.
 */
import * as React from 'react';

import { Button, Chip } from '../../components/basics';
import { SafeText } from '../../components/SafeText';
import { Failure } from '../../components/states';
import { useApp } from '../../hooks';
import type { Fertility, Model } from '../../protocol';
import { useCounted } from '../datasets/useCounted';

/** See the module's comment. */
export function ComparedTokenizers(props: {
  models: readonly Model[];
  tokenizers: readonly (Fertility | null)[];
}): React.JSX.Element {
  const { t } = useApp();
  const { models, tokenizers } = props;
  const [measured, setMeasured] = React.useState<Readonly<Record<string, Fertility>>>({});
  const [asked, setAsked] = React.useState(false);
  const of = (at: number): Fertility | undefined =>
    tokenizers[at] ?? measured[models[at]?.id ?? ''];
  const known = models.flatMap((_, at) => of(at)?.tokens_per_word ?? []);
  const best = Math.min(...known);
  const missing = models.filter((_, at) => !of(at));
  const heads = [
    'quality.tokens_per_word',
    'quality.characters_per_token',
    'quality.unknown_tokens',
    'quality.half_spaces_kept'
  ] as const;
  return (
    <>
      <div
        className="pai-table-frame"
        tabIndex={0}
        role="region"
        aria-label={t('registry.tab_tokenizer')}
      >
        <table className="pai-table">
          <thead>
            <tr>
              <th scope="col">{t('registry.tab_tokenizer')}</th>
              {heads.map(head => (
                <th key={head} scope="col">
                  {t(head)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {models.map((model, at) => (
              <tr key={model.id}>
                <th scope="row">
                  <SafeText text={model.name} />
                </th>
                <Cells fertility={of(at)} best={known.length > 1 ? best : null} />
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {missing.length > 0 ? (
        <div className="pai-card-foot">
          {asked ? (
            missing.map(model => (
              <Measure
                key={model.id}
                model={model}
                onDone={one => setMeasured(old => ({ ...old, [model.id]: one }))}
              />
            ))
          ) : (
            <Button onClick={() => setAsked(true)}>{t('quality.tokenizers_ask')}</Button>
          )}
        </div>
      ) : null}
    </>
  );
}

function Cells(props: {
  fertility: Fertility | undefined;
  best: number | null;
}): React.JSX.Element {
  const { t, fmt } = useApp();
  const { fertility } = props;
  if (!fertility) {
    return (
      <>
        <td>—</td>
        <td>—</td>
        <td>—</td>
        <td>—</td>
      </>
    );
  }
  return (
    <>
      <td className="pai-num">
        {fmt.number(fertility.tokens_per_word, 2)}{' '}
        {fertility.tokens_per_word === props.best ? (
          <Chip tone="good">{t('registry.best')}</Chip>
        ) : null}
      </td>
      <td className="pai-num">{fmt.number(fertility.characters_per_token, 2)}</td>
      <td className="pai-num">{fmt.number(fertility.unknown_tokens)}</td>
      <td>
        {t(
          fertility.half_spaces_kept
            ? 'quality.half_spaces_kept_yes'
            : 'quality.half_spaces_kept_no'
        )}
      </td>
    </>
  );
}

/** Asks until it is measured; shows only that it is under way, or why it could not be. */
function Measure(props: {
  model: Model;
  onDone: (fertility: Fertility) => void;
}): React.JSX.Element {
  const { core, t } = useApp();
  const measured = useCounted(
    () => core.api.models.tokenizer(props.model.id),
    [props.model.id]
  );
  const latest = React.useRef(props.onDone);
  latest.current = props.onDone;
  const { data } = measured;
  React.useEffect(() => {
    if (data) {
      latest.current(data);
    }
  }, [data]);
  return measured.error ? (
    <Failure error={measured.error} onRetry={measured.reload} />
  ) : (
    <small className="pai-quiet" role="status">
      {t('registry.tokenizer_measuring_named', { name: props.model.name })}
    </small>
  );
}
