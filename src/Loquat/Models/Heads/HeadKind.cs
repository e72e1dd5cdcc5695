namespace Loquat.Models.Heads;

/// <summary>What stands on an encoder and is trained with it, as the class in `architectures` of a `config.json` says.</summary>
public enum HeadKind
{
    /// <summary>`BertModel` and so on: none. The states are of use as they are.</summary>
    None,

    /// <summary>`…ForMaskedLM`: the hidden tokens (Devlin et al. 2019, section 3.1).</summary>
    MaskedLanguage,

    /// <summary>`BertForPreTraining`: the hidden tokens, and whether the second text follows the first.</summary>
    Pretraining,

    /// <summary>`BertForNextSentencePrediction`: whether the second text follows the first.</summary>
    NextSentence,

    /// <summary>`…ForSequenceClassification`: classes or numbers of a whole row.</summary>
    SequenceClassification,

    /// <summary>`…ForTokenClassification`: a class for each token.</summary>
    TokenClassification,

    /// <summary>`…ForQuestionAnswering`: where an answer begins and ends.</summary>
    QuestionAnswering,

    /// <summary>`ElectraForPreTraining`: whether each token is a replaced one (Clark et al. 2020).</summary>
    ReplacedTokenDetection,
}

/// <summary>What the labels of whole rows are: `problem_type` of a `config.json`.</summary>
public enum ProblemType
{
    /// <summary>One class of several: cross-entropy.</summary>
    SingleLabelClassification,

    /// <summary>Any number of classes: binary cross-entropy of each.</summary>
    MultiLabelClassification,

    /// <summary>Numbers: squared error.</summary>
    Regression,
}
