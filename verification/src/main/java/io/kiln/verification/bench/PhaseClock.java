package io.kiln.verification.bench;

import io.kiln.model.torch.OperatorCall;
import io.kiln.model.torch.Phase;
import io.kiln.model.torch.StepListener;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Times the phases of steps. A step lasts from its first phase to {@link #stepEnded}. */
final class PhaseClock implements StepListener {
    /**
     * Time of one step.
     *
     * @param seconds on the wall
     * @param cpuSeconds of all threads of the process
     */
    record Time(double seconds, double cpuSeconds) {
        static final Time ZERO = new Time(0, 0);

        Time plus(Time other) {
            return new Time(seconds + other.seconds, cpuSeconds + other.cpuSeconds);
        }
    }

    private final Runnable barrier;
    private final boolean followsOperators;
    private final OperatorTimes operators = new OperatorTimes();
    private final List<Map<Phase, Time>> steps = new ArrayList<>();
    private Map<Phase, Time> step = new EnumMap<>(Phase.class);
    private Phase current = Phase.INDEX;
    private boolean running;
    private long since;
    private long cpuSince;

    /**
     * @param barrier waits until the device has done what it was given
     * @param followsOperators whether to time each operator too
     */
    PhaseClock(Runnable barrier, boolean followsOperators) {
        this.barrier = barrier;
        this.followsOperators = followsOperators;
    }

    @Override
    public boolean followsOperators() {
        return followsOperators;
    }

    @Override
    public void computed(OperatorCall call) {
        operators.add(call);
    }

    @Override
    public void entered(Phase phase) {
        lap();
        current = phase;
        running = true;
    }

    /** The step has been taken. */
    void stepEnded() {
        lap();
        running = false;
        steps.add(step);
        step = new EnumMap<>(Phase.class);
    }

    private void lap() {
        barrier.run();
        long now = System.nanoTime();
        long cpuNow = ProcessUsage.cpuNanos();
        if (running) {
            step.merge(
                    current, new Time((now - since) / 1e9, (cpuNow - cpuSince) / 1e9), Time::plus);
        }
        since = now;
        cpuSince = cpuNow;
    }

    /** Forgets the steps so far. */
    void reset() {
        steps.clear();
        operators.reset();
    }

    /** Of each operator, per step. */
    List<OperatorFigures> operators() {
        return operators.figures(steps.size());
    }

    /** Times of each step by phase. */
    List<Map<Phase, Time>> steps() {
        return List.copyOf(steps);
    }
}
