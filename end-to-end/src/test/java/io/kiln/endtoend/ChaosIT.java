package io.kiln.endtoend;

import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Injects random faults, one after the other, while both jobs run. Injects three by default, more
 * with -Dkiln.chaos.faults=50 -Dkiln.chaos.seed=6, or one kind alone with
 * -Dkiln.chaos.choice=UPGRADED_IN_PLACE. Logs the schedule to target/chaos.txt.
 */
@ExtendWith(SharedDeployment.class)
class ChaosIT {
    private static final int MAX_STEPS_BETWEEN = 25;

    private static final List<Fault> FAULTS_OF_BOTH_JOBS =
            List.of(
                    Fault.WORKER_KILLED,
                    Fault.WORKER_FROZEN,
                    Fault.STOPPED_WITH_SAVEPOINT,
                    Fault.RESUBMITTED,
                    Fault.UPGRADED_IN_PLACE);

    @TempDir private Path folder;

    @Test
    void manyFaultsChangeNothing(FaultDeployment deployment) throws Exception {
        deployment.awaitIdle();
        List<Fault> faults = ChaosRun.faults(Fault.anywhere());
        Random random = new Random(ChaosRun.SEED);
        try (ChaosRun run = new ChaosRun(deployment, folder, 768, "chaos", "masking.views=24")) {
            for (int i = 0; i < ChaosRun.FAULTS; i++) {
                Fault fault = faults.get(random.nextInt(faults.size()));
                boolean ofMasking = random.nextBoolean() && FAULTS_OF_BOTH_JOBS.contains(fault);
                int subtasks = 1 + random.nextInt(2);
                int steps = 1 + random.nextInt(MAX_STEPS_BETWEEN);
                run.resubmitWith(run.masking(), "flink.maskingParallelism=" + subtasks);
                run.inject(
                        ofMasking ? run.masking() : run.training(),
                        fault,
                        steps,
                        ofMasking ? "masking" : "training");
            }
            run.requireSameWeights();
            run.requireSameBatches();
        }
    }
}
