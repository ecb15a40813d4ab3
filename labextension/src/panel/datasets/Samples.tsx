/**
 * Sample datasets that can be brought in with one press.
 */
import * as React from 'react';

import { Button, Chip, Ltr } from '../../components/basics';
import { Empty, Failure, Skeleton } from '../../components/states';
import { useAction, useApp, useLive, useRequest } from '../../hooks';
import { inLanguage } from '../../i18n';
import type { SampleInfo } from '../../protocol';

/** See the module's comment. */
export function DatasetSamples(): React.JSX.Element {
  const { core, t } = useApp();
  const samples = useRequest(() => core.api.datasets.samples(), []);
  if (samples.error) {
    return <Failure error={samples.error} onRetry={samples.reload} />;
  }
  if (!samples.data) {
    return <Skeleton lines={3} />;
  }
  if (samples.data.length === 0) {
    return (
      <Empty icon="datasets" title={t('datasets.sample_none')}>
        {t('datasets.sample_none_help')} <Ltr>pip install "jupyter_persian_ai[demo]"</Ltr>
      </Empty>
    );
  }
  return (
    <ul className="pai-samples">
      {samples.data.map(sample => (
        <li key={sample.id}>
          <Sample sample={sample} />
        </li>
      ))}
    </ul>
  );
}

function Sample({ sample }: { sample: SampleInfo }): React.JSX.Element {
  const { core, t, lang, go } = useApp();
  const list = useLive(core.datasets());
  // A user may have renamed it; the name of its file stays.
  const have = list.state?.items.find(
    one => one.source === 'sample' && one.report.name === `${sample.id}.jsonl`
  );
  const bring = useAction(async () => {
    const made = await core.api.datasets.importSample(sample.id);
    go({ page: 'datasets', id: made.id });
  });
  return (
    <div className="pai-sample">
      <span>
        <strong>{inLanguage(lang, sample.name)}</strong>{' '}
        <Chip tone="quiet">{t(`datasets.shape_${sample.shape}`)}</Chip>
        <small className="pai-quiet">{inLanguage(lang, sample.license)}</small>
      </span>
      {have ? (
        <Button
          kind="quiet"
          icon="check"
          onClick={() => go({ page: 'datasets', id: have.id })}
        >
          {t('datasets.sample_have')}
        </Button>
      ) : (
        <Button icon="plus" busy={bring.busy} onClick={() => void bring.run()}>
          {t('datasets.sample_import')}
        </Button>
      )}
      {bring.error ? <Failure error={bring.error} onClose={bring.clear} /> : null}
    </div>
  );
}
