package io.kiln.model.network;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import io.kiln.model.layers.Weights;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PublishedNetworksTest {
    @ParameterizedTest
    @CsvSource({"resnet50, 52921835, 23508032", "convnext_tiny, 52748523, 27818592"})
    void parametersAreAsManyAsInTheOfficialCode(String name, long all, long encoder) {
        try (NDManager manager = Engine.getEngine("PyTorch").newBaseManager()) {
            Weights weights = new Weights(manager, DataType.FLOAT32, 1);
            new SparkModel(PublishedArchitectures.named(name, 768, 3), weights);
            assertThat(weights.parameters().stream().mapToLong(p -> p.value().size()).sum())
                    .isEqualTo(all);
            assertThat(
                            weights.parameters().stream()
                                    .filter(p -> p.name().startsWith("sparse_encoder."))
                                    .mapToLong(p -> p.value().size())
                                    .sum())
                    .isEqualTo(encoder);
        }
    }
}
