/**
 * The figures of a model's own training, the telling ones first.
 */
import * as React from 'react';

import { useFigureName, useFigureValue } from './modelWords';
import { Card, Ltr } from '../../components/basics';
import { Empty } from '../../components/states';
import { Tile } from '../../components/Tile';
import { useApp } from '../../hooks';

/** What is shown first; the rest comes as it is. */
const RANK = ['eval_perplexity', 'eval_loss', 'best_eval_loss', 'steps', 'tokens'];

/** The numbers among the figures, in the order in which they are shown. */
export function figureList(
  figures: Readonly<Record<string, unknown>> | undefined
): [string, number][] {
  const place = (name: string): number => {
    const at = RANK.indexOf(name);
    return at === -1 ? RANK.length : at;
  };
  return Object.entries(figures ?? {})
    .filter((entry): entry is [string, number] => typeof entry[1] === 'number')
    .sort(([a], [b]) => place(a) - place(b));
}

/** See the module's comment. */
export function ModelFigures(props: {
  figures: Readonly<Record<string, unknown>>;
}): React.JSX.Element {
  const { t } = useApp();
  const nameOf = useFigureName();
  const valueOf = useFigureValue();
  const figures = figureList(props.figures);
  if (figures.length === 0) {
    return (
      <Card title={t('models.figures')}>
        <Empty title={t('models.no_figures')} />
      </Card>
    );
  }
  return (
    <div className="pai-stack">
      <div className="pai-tiles">
        {figures.map(([name, value]) => (
          <Tile
            key={name}
            label={nameOf(name) ?? <Ltr>{name}</Ltr>}
            tip={name}
            value={valueOf(value)}
          />
        ))}
      </div>
      <p className="pai-quiet pai-small">{t('models.figures_help')}</p>
    </div>
  );
}
