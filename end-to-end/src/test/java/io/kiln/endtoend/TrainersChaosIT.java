package io.kiln.endtoend;

import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Injects random faults while four trainers learn, on four subtasks at first. How many there are
 * after a stop with a savepoint, an upgrade or a resubmission is drawn. Injects three by default,
 * more with -Dkiln.chaos.faults=40 -Dkiln.chaos.seed=6, or one kind alone with
 * -Dkiln.chaos.choice=ANNOUNCED_TWICE. Logs the schedule to target/trainers.txt.
 */
@ExtendWith(SharedDeployment.class)
class TrainersChaosIT {
    private static final int TRAINERS = 4;
    private static final int ROUND = 4;

    /** Four images give each trainer as many batches as two rounds have steps. */
    private static final int VIEWS = TRAINERS * ROUND * 2;

    private static final int MAX_STEPS_BETWEEN = 60;
    private static final List<Integer> SUBTASKS = List.of(1, 2, 4);

    @TempDir private Path folder;

    @Test
    void manyFaultsChangeNothing(FaultDeployment deployment) throws Exception {
        deployment.taskManagers(FaultDeployment.TASK_MANAGERS + 1); // four subtasks need two
        deployment.awaitIdle();
        List<Fault> faults = ChaosRun.faults(Fault.ofTrainers());
        Random random = new Random(ChaosRun.SEED);
        try (ChaosRun run =
                new ChaosRun(
                        deployment,
                        folder,
                        96,
                        "trainers",
                        "masking.views=" + VIEWS,
                        "topics.trainers=" + TRAINERS,
                        "topics.updates=trainers.updates",
                        "training.round.steps=" + ROUND,
                        "training.round.outer=momentum",
                        "flink.trainingParallelism=" + TRAINERS)) {
            int running = TRAINERS;
            for (int i = 0; i < ChaosRun.FAULTS; i++) {
                Fault fault = faults.get(random.nextInt(faults.size()));
                int trainer = random.nextInt(TRAINERS);
                int subtasks = SUBTASKS.get(random.nextInt(SUBTASKS.size()));
                int steps = 1 + random.nextInt(MAX_STEPS_BETWEEN);
                run.training().trainer(trainer);
                run.resubmitWith(run.training(), "flink.trainingParallelism=" + subtasks);
                String before = run.training().job();
                run.inject(
                        run.training(),
                        fault,
                        steps,
                        "trainer " + trainer + ", " + running + " subtasks");
                running = run.training().job().equals(before) ? running : subtasks;
            }
            run.requireSameWeights();
        } finally {
            deployment.taskManagers(FaultDeployment.TASK_MANAGERS);
        }
    }
}
