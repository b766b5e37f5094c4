package io.kiln.training.job;

import java.lang.reflect.Type;
import java.util.Map;
import org.apache.flink.api.common.typeinfo.TypeInfoFactory;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;

/** Flink serializes {@link KafkaMessage} by its components, without Kryo. */
public final class KafkaMessageType extends TypeInfoFactory<KafkaMessage> {
    /** The type, for operators whose output type Flink cannot infer. */
    static final TypeInformation<KafkaMessage> INFORMATION =
            Types.POJO(
                    KafkaMessage.class,
                    Map.of(
                            "key", Types.STRING,
                            "value", Types.PRIMITIVE_ARRAY(Types.BYTE),
                            "headers", Types.MAP(Types.STRING, Types.STRING)));

    @Override
    public TypeInformation<KafkaMessage> createTypeInfo(
            Type type, Map<String, TypeInformation<?>> parameters) {
        return INFORMATION;
    }
}
