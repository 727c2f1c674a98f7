/** The price of the last operation, and how full the tenant's bucket is. */
import { useLastCost } from './cost';

const number = new Intl.NumberFormat('en');

export function CostMeter() {
  const cost = useLastCost();
  if (!cost) return null;
  const { requested, actual, throttle } = cost;
  const paid = number.format(actual ?? requested);
  const estimate = actual == null || actual === requested ? '' : `, priced at ${number.format(requested)} before it ran`;
  const restored = throttle ? `; ${number.format(throttle.restoreRate)} come back each second` : '';
  return (
    <div className="cost" title={`The last operation cost ${paid} points${estimate}${restored}.`}>
      <span>
        cost <strong>{paid}</strong>
      </span>
      {throttle && (
        <span className="left">
          <meter min={0} max={throttle.maximum} low={throttle.maximum / 5} value={throttle.available} aria-label="Points left" />
          {number.format(throttle.available)} left
        </span>
      )}
    </div>
  );
}
