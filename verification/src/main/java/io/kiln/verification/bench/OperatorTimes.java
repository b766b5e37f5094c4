package io.kiln.verification.bench;

import io.kiln.model.torch.OperatorCall;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Adds up the calls of each operator. */
final class OperatorTimes {
    private final Map<String, OperatorFigures> sums = new HashMap<>();

    void add(OperatorCall call) {
        OperatorFigures one =
                new OperatorFigures(
                        call.operator(),
                        1,
                        call.seconds(),
                        2 * OperatorWork.multiplyAdds(call) / 1e9,
                        call.bytes() / 1e9);
        sums.merge(call.operator(), one, OperatorFigures::plus);
    }

    void reset() {
        sums.clear();
    }

    /** Per step, the slowest operator first. */
    List<OperatorFigures> figures(int steps) {
        return sums.values().stream()
                .map(sum -> sum.dividedBy(steps))
                .sorted(Comparator.comparingDouble(OperatorFigures::seconds).reversed())
                .toList();
    }
}
