package io.kiln.training.job;

import java.lang.reflect.Type;
import java.util.Map;
import org.apache.flink.api.common.typeinfo.TypeInfoFactory;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;

/** How Flink serializes {@link KafkaMessage}: as its components, never through Kryo. */
public final class KafkaMessageType extends TypeInfoFactory<KafkaMessage> {
    /** The type, for operators that Flink cannot look into. */
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
