package io.kiln.operations.flink;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FlinkRestTest {
    @Test
    void whatKilnSaysIsTheRootCauseAndOtherwiseTheInnermostCauseIs() {
        assertThat(
                        FlinkRest.rootCause(
                                """
                                org.apache.flink.util.FlinkException: outer
                                \tat a.B.c(B.java:1)
                                Caused by: io.kiln.config.ConfigException: two keys:
                                masking.seed: wrong
                                \tat a.B.c(B.java:1)
                                Caused by: java.io.IOException: inner
                                \t... 7 more"""))
                .isEqualTo("two keys:\nmasking.seed: wrong");
        assertThat(
                        FlinkRest.rootCause(
                                """
                                java.lang.RuntimeException: outer
                                Caused by: io.kiln.kafka.NonRecoverableJobException: Unrecoverable failure.
                                \tat a.B.c(B.java:1)
                                Caused by: java.lang.IllegalStateException: no weights
                                \tat a.B.c(B.java:1)"""))
                .isEqualTo("no weights");
        assertThat(
                        FlinkRest.rootCause(
                                """
                                java.lang.RuntimeException: outer
                                Caused by: java.lang.IllegalStateException: inner
                                \tat a.B.c(B.java:1)"""))
                .isEqualTo("java.lang.IllegalStateException: inner");
        assertThat(FlinkRest.rootCause("alone")).isEqualTo("alone");
    }
}
