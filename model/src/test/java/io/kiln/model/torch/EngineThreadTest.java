package io.kiln.model.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import java.util.Arrays;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EngineThreadTest {
    private static final float DENORMAL = 1e-39f;

    private final NDManager manager = Engine.getEngine("PyTorch").newBaseManager();
    private final ExecutorService other = Executors.newSingleThreadExecutor();
    private int before;

    @BeforeEach
    void remember() {
        before = EngineThread.spreadOver(0);
    }

    @AfterEach
    void putBack() {
        EngineThread.spreadOver(before);
        other.shutdown();
        manager.close();
    }

    @Test
    void numberOfThreadsHoldsOnThreadsThatHaveComputedBefore() throws Exception {
        int own = threadsAfterAnOperator();
        assertThat(onOther(this::threadsAfterAnOperator)).isEqualTo(own);
        EngineThread.spreadOver(3);
        assertThat(threadsAfterAnOperator()).isEqualTo(3);
        assertThat(onOther(this::threadsAfterAnOperator)).isEqualTo(3);
        EngineThread.spreadOver(0);
        assertThat(onOther(this::threadsAfterAnOperator)).isEqualTo(own);
        assertThat(threadsAfterAnOperator()).isEqualTo(own);
    }

    private int threadsAfterAnOperator() {
        denormals();
        return JniUtils.getNumThreads();
    }

    @Test
    void negativeNumberOfThreadsIsRefused() {
        assertThatThrownBy(() -> EngineThread.spreadOver(-1)).hasMessageContaining("threads is -1");
    }

    @Test
    void denormalNumbersSurviveInTheEngineAndInJavaOnEveryThread() throws Exception {
        assertThat(denormals()).containsOnly(DENORMAL);
        assertThat(halved(DENORMAL)).isEqualTo(0.5e-39f);
        assertThat(onOther(this::denormals)).containsOnly(DENORMAL);
        assertThat(onOther(() -> halved(DENORMAL))).isEqualTo(0.5e-39f);
    }

    private static float halved(float value) {
        return value * 0.5f;
    }

    /** A product and an addition in one, large enough to be spread over threads. */
    private float[] denormals() {
        try (NDManager scratch = manager.newSubManager()) {
            int rows = 1 << 14;
            float[] values = new float[rows * 4];
            Arrays.fill(values, DENORMAL);
            NDArray x = scratch.create(values, new Shape(rows, 4));
            NDArray identity = scratch.eye(4);
            return new Operators(scratch).one("linear", x, identity).toFloatArray();
        }
    }

    /**
     * DJL calls operators in inference mode, so that this decides nothing and stays the caller's.
     */
    @Test
    void gradientModeStaysAsTheCallerHasIt() throws Exception {
        boolean mode = JniUtils.isGradMode();
        try {
            for (boolean gradients : new boolean[] {true, false}) {
                JniUtils.setGradMode(gradients);
                try (NDManager scratch = manager.newSubManager()) {
                    NDArray x = scratch.ones(new Shape(2, 3));
                    x.setRequiresGradient(true);
                    NDArray y =
                            new Operators(scratch).one("linear", x, scratch.ones(new Shape(4, 3)));
                    assertThat(y.hasGradient()).isFalse();
                    assertThat(y.toFloatArray()).containsOnly(3);
                }
                assertThat(JniUtils.isGradMode()).isEqualTo(gradients);
            }
        } finally {
            JniUtils.setGradMode(mode);
        }
    }

    private <T> T onOther(Callable<T> work) throws Exception {
        return other.submit(work).get();
    }
}
