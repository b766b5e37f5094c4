package io.kiln.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PrintedOutputTest {
    @Test
    void numbersUnitsFoldersAndSpacesMayDiffer() {
        assertThat(
                        PrintedOutput.missing(
                                """
                                sent 400 images, 2.8 MB in 1.8 s
                                    ENCODER  file:/home/you/v000001-step000000011/model.safetensors
                                """,
                                """
                                a line more
                                sent 96 images, 211 KB in 0.9 s
                                  ENCODER file:/tmp/x/artifacts/v000002-step000000020/model.safetensors
                                """))
                .isEmpty();
    }

    @Test
    void otherWordsAreMissing() {
        assertThat(
                        PrintedOutput.missing(
                                "steps  26  of 1 run\nnothing lost, nothing doubled\nbatches 3\n",
                                "batches 4\nsteps 2 of 1 run\nnothing lost, nothing duplicated\n"))
                .containsExactly("nothing lost, nothing doubled");
    }
}
