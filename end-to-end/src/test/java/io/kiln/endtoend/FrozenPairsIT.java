package io.kiln.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.local.ManagedProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Freezes task managers until they are replaced, and thaws them, repeatedly and in pairs, while
 * both jobs run. One round by default, more with -Dkiln.frozen.rounds=10.
 */
@ExtendWith(SharedDeployment.class)
class FrozenPairsIT {
    private static final int ROUNDS = Integer.getInteger("kiln.frozen.rounds", 1);
    private static final Duration TIMEOUT = Patience.ofMinutes(5);
    private static final int PICTURES_PER_ROUND = 40;
    private static final int VIEWS = 12;

    @TempDir private Path folder;

    @Test
    void jobsAndTaskManagersSurvive(FaultDeployment deployment) throws Exception {
        deployment.awaitIdle();
        FaultDeployment.Settings settings =
                deployment.settings(
                        "frozen",
                        "masking.views=" + VIEWS,
                        "training.runId=frozen",
                        "flink.maskingParallelism=2");
        feed(deployment, settings, 0);
        Target masking = Target.submit(deployment, "masking", settings);
        Target training = Target.submit(deployment, "training", settings);
        try (TrainedRun run = new TrainedRun(settings.config());
                TopicFollower<String> batches = RunAssertions.batches(settings.config())) {
            run.awaitFirstVersion(TIMEOUT);
            for (int round = 1; round <= ROUNDS; round++) {
                feed(deployment, settings, round);
                System.out.printf(
                        Locale.ROOT,
                        "round %d: checkpoints after %.1f, %.1f, %.1f and %.1f s%n",
                        round,
                        training.inject(Fault.WORKER_FROZEN),
                        masking.inject(Fault.WORKER_FROZEN),
                        freezeWithReplacement(training),
                        freezeWithReplacement(masking));
            }
            int expected = RunAssertions.expectedBatches(settings.config());
            List<String> all = batches.await("batches", TIMEOUT, made -> made.size() >= expected);
            run.awaitSteps(expected, TIMEOUT);
            run.awaitVersionOf(expected, TIMEOUT);
            masking.cancel();
            training.cancel();
            assertThat(all).hasSize(expected).doesNotHaveDuplicates();
            assertThat(run.duplicated()).isZero();
            RunAssertions.assertComplete(settings.config());
        }
    }

    /** Freezes the replacement, too, as soon as it works, and thaws the first task manager then. */
    private static double freezeWithReplacement(Target target) {
        FaultDeployment deployment = target.deployment();
        deployment.awaitStandby();
        ManagedProcess first = target.worker();
        ManagedProcess replacement;
        Signals.freeze(first);
        try {
            String frozen = deployment.nameOf(first);
            FlinkJobs.await(
                    "the replacement of " + frozen,
                    () ->
                            target.jobs()
                                    .taskManagerOf(target.job())
                                    .filter(name -> !name.equals(frozen)));
            replacement = target.worker();
            Signals.freeze(replacement);
        } finally {
            Signals.thaw(first);
        }
        double seconds;
        try {
            seconds = target.jobs().secondsToCheckpoint(target.job(), System.currentTimeMillis());
        } finally {
            Signals.thaw(replacement);
        }
        deployment.awaitReturn(replacement);
        return seconds;
    }

    private void feed(FaultDeployment deployment, FaultDeployment.Settings settings, int round)
            throws Exception {
        int first = round * PICTURES_PER_ROUND;
        deployment.ingest(
                settings,
                FaultInput.write(
                        folder.resolve("pictures-" + round), first, first + PICTURES_PER_ROUND));
    }
}
